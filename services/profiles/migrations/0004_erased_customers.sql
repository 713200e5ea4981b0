-- Persons who were erased, so that tomorrow's import cannot bring them back.

create table erased_customer (
    customer_digest bytea       not null,
    erase_time      timestamptz not null,
    constraint erased_customer_pkey primary key (customer_digest),
    constraint erased_customer_digest_check check (octet_length(customer_digest) = 32)
);

comment on table erased_customer is 'Ids of persons who were erased, as digests: nobody is written under one again. Whoever has an id can find out that it was erased, and nothing else';
comment on column erased_customer.customer_digest is 'SHA-256 over the id, led by its purpose; one row for each id of the person';
comment on column erased_customer.erase_time is 'When the person was erased';
