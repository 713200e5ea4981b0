-- Care: what is due to be done for customers, and the plan that says so.
create table care_plan (
    version      bigint not null,
    publish_time timestamptz not null,
    content      text not null,
    constraint care_plan_pkey primary key (version),
    constraint care_plan_version_check check (version > 0)
);

comment on table care_plan is 'One row per published version of the care plan; never changed, the highest is in force';
comment on column care_plan.version is 'The version, from one; zero stands for the plan built in and is not stored';
comment on column care_plan.publish_time is 'When it was published';
comment on column care_plan.content is 'What it says: the domain''s own type as JSON';

create table care_task (
    customer_id              text not null,
    task_id                  uuid not null default gen_random_uuid(),
    kind                     text not null,
    subject                  text not null,
    theme                    text not null,
    owner                    text not null,
    source                   text not null,
    channels                 text[] not null,
    due_time                 timestamptz not null,
    expire_time              timestamptz not null,
    ask_time                 timestamptz not null,
    next_attempt_time        timestamptz not null,
    state                    text not null,
    state_reason             text not null default '',
    state_time               timestamptz not null,
    outcome                  text not null default '',
    sender                   text,
    channel                  text,
    lease_token              uuid,
    lease_expire_time        timestamptz,
    lease_count              integer not null default 0,
    claim_token              uuid,
    claim_expire_time        timestamptz,
    permission_findings      text[] not null default '{}',
    permission_rules_version bigint not null default 0,
    constraint care_task_pkey primary key (customer_id, task_id),
    constraint care_task_subject_key unique (customer_id, kind, subject),
    constraint care_task_state_check check (
        state in ('waiting', 'leased', 'completed', 'skipped', 'dropped', 'held_out')),
    constraint care_task_expire_check check (expire_time > due_time),
    constraint care_task_lease_check check ((state <> 'leased') or (lease_token is not null))
);
create index care_task_attempt_idx on care_task (owner, next_attempt_time)
    where state in ('waiting', 'leased');
create index care_task_due_idx on care_task (due_time);

comment on table care_task is 'One row per thing that is due to be done for a customer; handed out under leases';
comment on column care_task.customer_id is 'The customer';
comment on column care_task.task_id is 'The task: what senders deduplicate by';
comment on column care_task.kind is 'What it is about';
comment on column care_task.subject is 'What of it: a subscription, an incident and its promise, a year, a step of an exit plan';
comment on column care_task.theme is 'What to speak about, as a short key';
comment on column care_task.owner is 'Who has to do it; "sender" for what reaches the customer';
comment on column care_task.source is 'The care plan ("plan"), or the service that asked for it';
comment on column care_task.channels is 'The channels, best first; those of the care plan when empty. Channels that are closed for good are taken out';
comment on column care_task.due_time is 'When it is due';
comment on column care_task.expire_time is 'After this nobody needs it any more';
comment on column care_task.ask_time is 'When it was asked for';
comment on column care_task.next_attempt_time is 'When to try next: when it is due, or when it is allowed next';
comment on column care_task.state is 'Where it stands';
comment on column care_task.state_reason is 'Why it stands there, as a code; empty where nothing is to be said';
comment on column care_task.state_time is 'When it came to stand there, by the clock of the service';
comment on column care_task.outcome is 'What came of it, as the sender said';
comment on column care_task.sender is 'Who had it last';
comment on column care_task.channel is 'The channel it was leased on';
comment on column care_task.lease_token is 'Proves the last lease, also when that has run out';
comment on column care_task.lease_expire_time is 'When the lease runs out, by the clock of the database';
comment on column care_task.lease_count is 'How often it was handed out';
comment on column care_task.claim_token is 'Somebody is asking for permission to hand it out';
comment on column care_task.claim_expire_time is 'When others may ask, whatever became of that, by the clock of the database';
comment on column care_task.permission_findings is 'Why it may be sent, as it was seen when it was leased';
comment on column care_task.permission_rules_version is 'The version of the contact rules then';

create table care_alias (
    customer_id       text not null,
    stays_customer_id text not null,
    constraint care_alias_pkey primary key (customer_id)
);
create index care_alias_stays_idx on care_alias (stays_customer_id);

comment on table care_alias is 'Ids of customers that were merged into others, whose tasks moved there';
comment on column care_alias.customer_id is 'The id that is a name of another one';
comment on column care_alias.stays_customer_id is 'The id that stays';

-- What was planned for a customer, so that whoever is scored again is planned again only when
-- something else is wanted. The program before this one leaves these empty.
alter table scored_customer
    add column care_plan_version bigint,
    add column care_fingerprint bigint;

comment on column scored_customer.care_plan_version is 'The version of the care plan the customer was planned with; null when never';
comment on column scored_customer.care_fingerprint is 'Stands for what was wanted then; while it stays, there is nothing to do';

alter table scoring_run add column care_plan_version bigint not null default 0;

comment on column scoring_run.care_plan_version is 'The version of the care plan when it began';
