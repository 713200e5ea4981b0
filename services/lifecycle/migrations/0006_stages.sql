-- The facts of every customer as they were last read, so that the whole portfolio can be scored
-- without asking the profiles service. Nothing here names a person.
create table customer_facts (
    customer_id text not null,
    revision    bigint not null,
    format      smallint not null,
    facts       bytea not null,
    constraint customer_facts_pkey primary key (customer_id)
);
-- Facts are short and do not compress; reading them must not look into a second table.
alter table customer_facts alter column facts set storage main;

comment on table customer_facts is 'One row per customer: the facts that stages and scores are computed on';
comment on column customer_facts.customer_id is 'The customer';
comment on column customer_facts.revision is 'The revision of the facts; older ones are not taken';
comment on column customer_facts.format is 'The format of the facts; rows in another one are read anew from the feed';
comment on column customer_facts.facts is 'The facts, encoded';

create table scored_customer (
    customer_id       text not null,
    revision          bigint not null,
    business_line     text not null,
    stage             text not null,
    stage_rule        text not null,
    stage_since       timestamptz not null,
    risk_memory       text not null,
    live              boolean not null,
    churn_risk        double precision,
    probability_alive double precision,
    value_minor       bigint,
    value_currency    text,
    rules_version     bigint not null,
    model_activation     bigint not null,
    scored_time       timestamptz not null,
    valid_until       timestamptz not null,
    constraint scored_customer_pkey primary key (customer_id),
    constraint scored_customer_churn_risk_check check (churn_risk between 0 and 1),
    constraint scored_customer_probability_alive_check check (probability_alive between 0 and 1),
    constraint scored_customer_value_check check ((value_minor is null) = (value_currency is null))
);
create index scored_customer_stage_idx on scored_customer (stage, customer_id);

comment on table scored_customer is 'One row per customer: stage, scores, and what the next scoring has to know of this one';
comment on column scored_customer.customer_id is 'The customer';
comment on column scored_customer.revision is 'The revision of the facts it was scored on';
comment on column scored_customer.business_line is 'The business line whose rules gave the stage';
comment on column scored_customer.stage is 'The stage';
comment on column scored_customer.stage_rule is 'The rule that gave it';
comment on column scored_customer.stage_since is 'Since when the customer is in the stage, as far as it was watched';
comment on column scored_customer.risk_memory is 'The subscriptions that count as at risk, as JSON; empty when none does';
comment on column scored_customer.live is 'The customer is entitled to anything';
comment on column scored_customer.churn_risk is 'The largest churn risk among the live subscriptions';
comment on column scored_customer.probability_alive is 'The largest chance among the live subscriptions that the silent customer is still one';
comment on column scored_customer.value_minor is 'What the live subscriptions are worth together, in minor units';
comment on column scored_customer.value_currency is 'The currency of the value';
comment on column scored_customer.rules_version is 'The version of the rules';
comment on column scored_customer.model_activation is 'The latest activation of a model by then: with it, which versions were in use; zero while there was none';
comment on column scored_customer.scored_time is 'When it was scored';
comment on column scored_customer.valid_until is 'Until when nothing but a new fact, rule or model changes it';

create table stage_transition (
    customer_id       text not null,
    number            integer not null,
    transition_time   timestamptz not null,
    from_stage        text not null,
    to_stage          text not null,
    stage_rule        text not null,
    evidence          text not null,
    churn_risk        double precision,
    probability_alive double precision,
    rules_version     bigint not null,
    model_activation     bigint not null,
    revision          bigint not null,
    constraint stage_transition_pkey primary key (customer_id, number),
    constraint stage_transition_change_check check (from_stage <> to_stage),
    constraint stage_transition_evidence_check check (length(evidence) <= 16384)
);

comment on table stage_transition is 'One row per change of a customer''s stage; never changed, gone with the customer';
comment on column stage_transition.customer_id is 'The customer';
comment on column stage_transition.number is 'The number among the transitions of the customer, from one';
comment on column stage_transition.transition_time is 'When';
comment on column stage_transition.from_stage is 'The stage before';
comment on column stage_transition.to_stage is 'The stage after';
comment on column stage_transition.stage_rule is 'The rule that gave it';
comment on column stage_transition.evidence is 'What the rule saw, as JSON';
comment on column stage_transition.churn_risk is 'The customer''s churn risk then';
comment on column stage_transition.probability_alive is 'The chance that the silent customer was still one';
comment on column stage_transition.rules_version is 'The version of the rules';
comment on column stage_transition.model_activation is 'The latest activation of a model by then: with it, which versions were in use; zero while there was none';
comment on column stage_transition.revision is 'The revision of the facts';
