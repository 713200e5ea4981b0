-- What one agent may give away a day, drawn when an offer is accepted, in the same transaction.

create table agent_discretion (
    agent_id       text   not null,
    day            date   not null,
    currency       text   not null,
    granted_minor  bigint not null,
    constraint agent_discretion_pkey primary key (agent_id, day, currency),
    constraint agent_discretion_granted_check check (granted_minor >= 0)
);
comment on table agent_discretion is 'What each agent has granted on a day out of what they may grant.';
comment on column agent_discretion.agent_id is 'Who granted it.';
comment on column agent_discretion.day is 'The day in UTC, by the clock of the database.';
comment on column agent_discretion.currency is 'ISO 4217; every currency has a pool of its own.';
comment on column agent_discretion.granted_minor is 'What was granted, less what was given back, in minor units.';

alter table acceptance
    add column discretion_agent_id text,
    add column discretion_minor bigint not null default 0;
comment on column acceptance.discretion_agent_id is 'Whose pool the acceptance was drawn from; null when from nobody''s.';
comment on column acceptance.discretion_minor is 'What was drawn, in minor units of the currency of the presented offer; given back when the acceptance is undone.';
