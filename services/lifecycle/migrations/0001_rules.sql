-- The rules of each business line, as immutable versions, and what was answered to which request.
create table rule_set (
    version      bigint not null,
    publish_time timestamptz not null,
    constraint rule_set_pkey primary key (version),
    constraint rule_set_version_check check (version > 0)
);

comment on table rule_set is 'One row per published version of the rules; never changed, the highest is in force';
comment on column rule_set.version is 'The version, from one; zero stands for the built-in rules and is not stored';
comment on column rule_set.publish_time is 'When it was published';

create table business_line_rules (
    version                         bigint not null,
    business_line                   text not null,
    early_days                      integer not null,
    long_term_days                  integer not null,
    lapsed_after_days               integer not null,
    lost_after_days                 integer not null,
    phoenix_days                    integer not null,
    calm_days                       integer not null,
    notice_days                     integer not null,
    gross_margin_basis_points       integer not null,
    discount_rate_basis_points      integer not null,
    risk_horizon_days               integer not null,
    at_risk_times_base_rate_percent integer not null,
    value_horizon_months            integer not null,
    constraint business_line_rules_pkey primary key (version, business_line),
    constraint business_line_rules_version_fk foreign key (version) references rule_set (version),
    constraint business_line_rules_long_term_check check (long_term_days > early_days),
    constraint business_line_rules_lost_check check (lost_after_days > lapsed_after_days),
    constraint business_line_rules_not_negative_check check (
        early_days > 0 and lapsed_after_days > 0 and phoenix_days >= 0 and calm_days >= 0
        and notice_days >= 0 and gross_margin_basis_points > 0 and discount_rate_basis_points >= 0
        and risk_horizon_days > 0 and at_risk_times_base_rate_percent > 100
        and value_horizon_months > 0)
);

comment on table business_line_rules is 'The thresholds of one business line in one version of the rules';
comment on column business_line_rules.version is 'The version it belongs to';
comment on column business_line_rules.business_line is 'The business line; "default" holds for lines without rules of their own';
comment on column business_line_rules.early_days is 'How many days after the start the early days last';
comment on column business_line_rules.long_term_days is 'From how many days of tenure a customer is a long-standing one';
comment on column business_line_rules.lapsed_after_days is 'After how many silent days a non-contractual customer has lapsed';
comment on column business_line_rules.lost_after_days is 'After how many silent days a non-contractual customer is lost';
comment on column business_line_rules.phoenix_days is 'For how many days after coming back a customer counts as a phoenix';
comment on column business_line_rules.calm_days is 'For how many days after its resolution an incident still marks the customer';
comment on column business_line_rules.notice_days is 'How many days before the end of a commitment a customer counts as leaving';
comment on column business_line_rules.gross_margin_basis_points is 'The margin on the price';
comment on column business_line_rules.discount_rate_basis_points is 'The yearly discount rate';
comment on column business_line_rules.risk_horizon_days is 'The horizon of churn risk';
comment on column business_line_rules.at_risk_times_base_rate_percent is 'From how many hundredths of the base rate a customer is at risk';
comment on column business_line_rules.value_horizon_months is 'The horizon of value';

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
