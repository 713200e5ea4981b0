-- What the fits rest on, followed from the feed of the profiles service. Nothing here names a
-- person. Everything is keyed by customer first, so that it can be distributed by customer.
create table observed_customer (
    customer_id    text not null,
    revision       bigint not null,
    last_seen_time timestamptz not null,
    constraint observed_customer_pkey primary key (customer_id)
);

comment on table observed_customer is 'One row per customer whose facts were taken over; its row lock orders those who take them';
comment on column observed_customer.customer_id is 'The customer';
comment on column observed_customer.revision is 'The revision of the facts; older ones are not taken';
comment on column observed_customer.last_seen_time is 'The latest thing known to have happened with the customer; the latest of a line ends its observation';

create table subscription_exposure (
    customer_id     text not null,
    subscription_id text not null,
    business_line   text not null,
    contract_kind   text not null,
    start_time      timestamptz not null,
    end_time        timestamptz,
    lives_on        boolean not null,
    constraint subscription_exposure_pkey primary key (customer_id, subscription_id),
    constraint subscription_exposure_customer_fk foreign key (customer_id)
        references observed_customer (customer_id) on delete cascade,
    constraint subscription_exposure_end_check check (end_time >= start_time)
);

comment on table subscription_exposure is 'How long each contractual subscription was exposed to ending';
comment on column subscription_exposure.customer_id is 'The customer';
comment on column subscription_exposure.subscription_id is 'The subscription';
comment on column subscription_exposure.business_line is 'Its business line';
comment on column subscription_exposure.contract_kind is 'Its commitment';
comment on column subscription_exposure.start_time is 'When service began';
comment on column subscription_exposure.end_time is 'When service ended; null while it lasts';
comment on column subscription_exposure.lives_on is 'It was moved, replaced or merged: watched until its end, and no churn';

create table purchase_history (
    customer_id   text not null,
    business_line text not null,
    purchase_days integer[] not null,
    constraint purchase_history_pkey primary key (customer_id, business_line),
    constraint purchase_history_customer_fk foreign key (customer_id)
        references observed_customer (customer_id) on delete cascade
);

comment on table purchase_history is 'On which days each non-contractual customer bought';
comment on column purchase_history.customer_id is 'The customer';
comment on column purchase_history.business_line is 'The business line bought from';
comment on column purchase_history.purchase_days is 'The latest distinct days since 1970-01-01, ascending';

create table set_aside_customer (
    customer_id    text not null,
    revision       bigint not null,
    reason         text not null,
    set_aside_time timestamptz not null default now(),
    constraint set_aside_customer_pkey primary key (customer_id)
);

comment on table set_aside_customer is 'Customers whose facts could not be taken over; gone as soon as they can';
comment on column set_aside_customer.customer_id is 'The customer';
comment on column set_aside_customer.revision is 'The revision of the facts that could not be used; zero when these could not be read at all';
comment on column set_aside_customer.reason is 'Why';
comment on column set_aside_customer.set_aside_time is 'When';

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
