-- Fitted life tables, as immutable versions, and which one is in use.
create table life_table_model (
    version     bigint not null,
    fit_time    timestamptz not null,
    sample_size bigint not null,
    event_count bigint not null,
    constraint life_table_model_pkey primary key (version),
    constraint life_table_model_version_check check (version > 0),
    constraint life_table_model_counts_check check (event_count >= 0 and sample_size >= event_count)
);

comment on table life_table_model is 'One row per fit that succeeded; never changed';
comment on column life_table_model.version is 'The version, from one';
comment on column life_table_model.fit_time is 'When it was fitted';
comment on column life_table_model.sample_size is 'How many subscriptions and gaps it was fitted on';
comment on column life_table_model.event_count is 'How many of these had ended';

create table life_table_period (
    version       bigint not null,
    business_line text not null,
    subject       text not null,
    period        integer not null,
    at_risk       bigint not null,
    ended         bigint not null,
    constraint life_table_period_pkey primary key (version, business_line, subject, period),
    constraint life_table_period_version_fk foreign key (version) references life_table_model (version),
    constraint life_table_period_period_check check (period > 0),
    constraint life_table_period_counts_check check (ended >= 0 and at_risk >= ended)
);

comment on table life_table_period is 'One period of the life table of one group; survival follows from the counts';
comment on column life_table_period.version is 'The model it belongs to';
comment on column life_table_period.business_line is 'The business line; empty for all lines together';
comment on column life_table_period.subject is 'What is measured: a contract kind or "all" in months, "gap" in weeks';
comment on column life_table_period.period is 'The period, from one';
comment on column life_table_period.at_risk is 'How many entered it';
comment on column life_table_period.ended is 'How many of these ended in it';

create table active_model (
    kind    text not null,
    version bigint not null,
    constraint active_model_pkey primary key (kind),
    constraint active_model_kind_check check (kind = 'life_table'),
    constraint active_model_version_fk foreign key (version) references life_table_model (version)
);

comment on table active_model is 'Which version of each kind of model is in use';
comment on column active_model.kind is 'The kind of model';
comment on column active_model.version is 'The version in use';
