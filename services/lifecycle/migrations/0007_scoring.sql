-- Scoring the whole portfolio: runs, and the ranges of customers that workers claim.
create table scoring_run (
    number         bigint not null,
    start_time     timestamptz not null,
    end_time       timestamptz,
    rules_version  bigint not null,
    model_activation  bigint not null,
    customer_count bigint not null,
    constraint scoring_run_pkey primary key (number)
);
-- One run at a time.
create unique index scoring_run_open_key on scoring_run ((end_time is null)) where end_time is null;

comment on table scoring_run is 'One row per scoring of the whole portfolio';
comment on column scoring_run.number is 'The number, from one';
comment on column scoring_run.start_time is 'When it began';
comment on column scoring_run.end_time is 'When its last range was done; null while it goes on';
comment on column scoring_run.rules_version is 'The version of the rules in use when it began';
comment on column scoring_run.model_activation is 'The latest activation of a model when it began; zero while there was none';
comment on column scoring_run.customer_count is 'How many customers there were when it began';

create table scoring_range (
    run               bigint not null,
    number            integer not null,
    after_customer    text not null,
    until_customer    text,
    done_time         timestamptz,
    customer_count    integer not null default 0,
    scored_count      integer not null default 0,
    unreadable_count  integer not null default 0,
    transition_count  integer not null default 0,
    constraint scoring_range_pkey primary key (run, number),
    constraint scoring_range_run_fk foreign key (run) references scoring_run (number) on delete cascade
);

comment on table scoring_range is 'The ranges of customers that one run scores; claimed by row lock, so that the range of a dead worker is free at once';
comment on column scoring_range.run is 'The run';
comment on column scoring_range.number is 'The number within the run, from one';
comment on column scoring_range.after_customer is 'The range begins after this customer; empty at the beginning';
comment on column scoring_range.until_customer is 'The last customer of the range; null when it has no end';
comment on column scoring_range.done_time is 'When it was scored, in the transaction that stored the scores';
comment on column scoring_range.customer_count is 'How many customers were in it';
comment on column scoring_range.scored_count is 'How many of them were scored; the others were up to date';
comment on column scoring_range.unreadable_count is 'How many had facts that cannot be read; these wait for the feed';
comment on column scoring_range.transition_count is 'How many changed their stage';
