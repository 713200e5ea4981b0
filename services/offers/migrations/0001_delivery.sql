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

-- Messages that leave a service: a feed that followers read, and work that is claimed.
-- Copy into the first migration of a service; storage::outbox reads and writes it.
create table outbox (
    transaction_id    xid8 not null default pg_current_xact_id(),
    id                bigint generated always as identity,
    topic             text not null,
    key               text not null,
    shard             smallint not null generated always as (get_byte(decode(md5(key), 'hex'), 0)) stored,
    payload           bytea not null,
    created_at        timestamptz not null default now(),
    attempts          integer not null default 0,
    next_attempt_at   timestamptz,
    set_aside_reason  text,
    constraint outbox_pkey primary key (id),
    constraint outbox_attempts_check check (attempts >= 0)
);
create unique index outbox_position_idx on outbox (transaction_id, id);
create index outbox_due_idx on outbox (topic, next_attempt_at, id) where next_attempt_at is not null and set_aside_reason is null;
create index outbox_pending_key_idx on outbox (topic, key, id) where next_attempt_at is not null and set_aside_reason is null;

comment on table outbox is 'Messages written in the transaction of their cause; never paged by id alone, since ids become visible out of order';
comment on column outbox.transaction_id is 'Transaction that wrote the row: with id, its position in the feed';
comment on column outbox.id is 'Identifies the row; orders rows within one transaction';
comment on column outbox.topic is 'What kind of message it is';
comment on column outbox.key is 'What the message is about; messages of one key keep their order';
comment on column outbox.shard is '0 to 255, from the key: lets followers divide the feed';
comment on column outbox.payload is 'Encoded message, without personal data';
comment on column outbox.created_at is 'When the cause was recorded';
comment on column outbox.attempts is 'How often the work was claimed';
comment on column outbox.next_attempt_at is 'When the work is due, pushed ahead while it is claimed; null for messages that are only read as a feed';
comment on column outbox.set_aside_reason is 'Why the work is not tried any more; null while it is';

-- How far this service has followed another service's feed, and which process does it.
-- Copy into the first migration of a service; storage::feed_cursor reads and writes it.
create table feed_cursor (
    name             text not null,
    position         text not null default '',
    holder           text,
    lease_expires_at timestamptz,
    advanced_at      timestamptz not null default now(),
    constraint feed_cursor_pkey primary key (name)
);

comment on table feed_cursor is 'One row per feed and shard that this service follows';
comment on column feed_cursor.name is 'Names the feed and shard';
comment on column feed_cursor.position is 'Opaque position after the last message that was applied; empty at the start';
comment on column feed_cursor.holder is 'Process that follows the feed now';
comment on column feed_cursor.lease_expires_at is 'When another process may take over';
comment on column feed_cursor.advanced_at is 'When the position last moved; tells how far the follower lags';
