-- Models of every kind as immutable versions, with their evaluation, and each time that one was put
-- in use. The life tables of before are carried over; their tables stay for the version of the
-- service that still reads them, and are dropped by a later migration.
create table fitted_model (
    version     bigint not null,
    kind        text not null,
    fit_time    timestamptz not null,
    sample_size bigint not null,
    event_count bigint not null,
    artifact    json not null,
    evaluation  json,
    constraint fitted_model_pkey primary key (version),
    constraint fitted_model_kind_key unique (kind, version),
    constraint fitted_model_version_check check (version > 0),
    constraint fitted_model_kind_check
        check (kind in ('life_table', 'purchase', 'retention', 'propensity')),
    constraint fitted_model_counts_check check (event_count >= 0 and sample_size >= event_count)
);

comment on table fitted_model is 'One row per fit that succeeded; never changed';
comment on column fitted_model.version is 'The version, from one, counted over all kinds';
comment on column fitted_model.kind is 'What the model is about';
comment on column fitted_model.fit_time is 'When it was fitted';
comment on column fitted_model.sample_size is 'How many subscriptions, gaps or customers it was fitted on';
comment on column fitted_model.event_count is 'How many of these had ended, or had bought again';
comment on column fitted_model.artifact is 'The model as the service writes and checks it; json, not jsonb, keeps every digit';
comment on column fitted_model.evaluation is 'How well it does on what it was not fitted on; null for what is a count';

create table model_activation (
    activation    bigint generated always as identity,
    kind          text not null,
    version       bigint not null,
    activate_time timestamptz not null,
    activated_by  text not null,
    forced        boolean not null,
    reason        text not null,
    constraint model_activation_pkey primary key (activation),
    constraint model_activation_version_fk foreign key (kind, version)
        references fitted_model (kind, version),
    constraint model_activation_reason_check check (not forced or reason <> ''),
    constraint model_activation_length_check
        check (char_length(reason) <= 500 and char_length(activated_by) <= 128)
);

create index model_activation_kind_idx on model_activation (kind, activation desc);

comment on table model_activation is 'Each time a version was put in use; the latest of a kind is the one in use. Only added to';
comment on column model_activation.activation is 'Grows with each activation';
comment on column model_activation.kind is 'The kind of the model';
comment on column model_activation.version is 'The version put in use';
comment on column model_activation.activate_time is 'When';
comment on column model_activation.activated_by is 'Who, as an id; empty when it was not said';
comment on column model_activation.forced is 'It was put in use although it evaluates worse than the one before';
comment on column model_activation.reason is 'Why it was forced';

insert into fitted_model (version, kind, fit_time, sample_size, event_count, artifact)
select model.version, 'life_table', model.fit_time, model.sample_size, model.event_count,
       json_build_object('kind', 'life_table', 'tables', coalesce(tables.list, '[]'))
from life_table_model model
left join (
    select grouped.version,
           json_agg(json_build_object('business_line', nullif(grouped.business_line, ''),
                                      'subject', grouped.subject,
                                      'periods', grouped.periods)) as list
    from (select period.version, period.business_line, period.subject,
                 json_agg(json_build_array(period.at_risk, period.ended) order by period.period)
                     as periods
          from life_table_period period
          group by period.version, period.business_line, period.subject) grouped
    group by grouped.version
) tables on tables.version = model.version;

insert into model_activation (kind, version, activate_time, activated_by, forced, reason)
select active.kind, active.version, model.fit_time, '', false, ''
from active_model active
join life_table_model model on model.version = active.version;
