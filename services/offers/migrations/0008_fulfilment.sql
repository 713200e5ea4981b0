-- Carrying out what was accepted: leases for the workers of others, and tasks for promises that could
-- not be kept.

alter table acceptance
    add column lease_id uuid,
    add column leased_by text,
    add column lease_expires_at timestamptz,
    add column lease_count integer not null default 0,
    add column failure_code text,
    add column reported_at timestamptz;
comment on column acceptance.lease_id is 'The last lease; null before the first.';
comment on column acceptance.leased_by is 'The worker of the last lease.';
comment on column acceptance.lease_expires_at is 'When another may lease it.';
comment on column acceptance.lease_count is 'How often it was leased.';
comment on column acceptance.failure_code is 'Why it failed, as reported.';
comment on column acceptance.reported_at is 'When it was last reported on.';

create index acceptance_open_idx on acceptance (accepted_at)
    where fulfilment in ('requested', 'in_progress');

create table promise_task (
    customer_id         text        not null,
    task_id             uuid        not null,
    session_id          uuid        not null,
    presented_offer_id  uuid        not null,
    offer_key           text        not null,
    failure_code        text        not null,
    opened_at           timestamptz not null,
    resolution          text,
    closed_at           timestamptz,
    closed_by           text,
    constraint promise_task_pkey primary key (customer_id, task_id),
    constraint promise_task_resolution_check check (resolution in ('retried', 'made_good_by_hand', 'customer_released')),
    constraint promise_task_closed_check check ((resolution is null) = (closed_at is null))
);
comment on table promise_task is 'A promise that could not be kept, for a person to see to.';
comment on column promise_task.customer_id is 'The customer.';
comment on column promise_task.task_id is 'Names the task; in the order of opening.';
comment on column promise_task.session_id is 'The session it was accepted in.';
comment on column promise_task.presented_offer_id is 'The promise.';
comment on column promise_task.offer_key is 'The offer in the catalogue.';
comment on column promise_task.failure_code is 'Why it failed, as reported.';
comment on column promise_task.opened_at is 'When it failed.';
comment on column promise_task.resolution is 'How it ended; null while it is open.';
comment on column promise_task.closed_at is 'When it ended.';
comment on column promise_task.closed_by is 'Who closed it.';
create index promise_task_open_idx on promise_task (task_id) where resolution is null;
create unique index promise_task_open_key on promise_task (customer_id, presented_offer_id) where resolution is null;
