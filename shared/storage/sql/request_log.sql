-- What was answered to which request, so that a retry gets the same answer.
-- Copy into the first migration of a service; storage::request_log reads and writes it.
create table request_log (
    request_id text not null,
    method     text not null,
    body_hash  bytea not null,
    response   bytea,
    created_at timestamptz not null default now(),
    constraint request_log_pkey primary key (request_id),
    constraint request_log_body_hash_check check (octet_length(body_hash) = 32)
);
create index request_log_created_at_idx on request_log (created_at);

comment on table request_log is 'One row per remembered request; written in the transaction of its effect, so only successes are remembered';
comment on column request_log.request_id is 'The caller''s id of the request, the same on every retry';
comment on column request_log.method is 'Full method name the request was made to';
comment on column request_log.body_hash is 'SHA-256 of the encoded request: the same id with another body is refused';
comment on column request_log.response is 'Encoded response; filled in before the transaction commits';
comment on column request_log.created_at is 'When the request was first carried out; rows past retention are pruned by it';
