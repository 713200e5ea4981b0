-- Two more thresholds, which keep stages from flickering. The program before this one writes rows
-- without them.
alter table business_line_rules
    add column at_risk_exit_times_base_rate_percent integer,
    add column stage_dwell_days integer not null default 7,
    add constraint business_line_rules_at_risk_exit_check check (
        at_risk_exit_times_base_rate_percent > 0
        and at_risk_exit_times_base_rate_percent < at_risk_times_base_rate_percent),
    add constraint business_line_rules_stage_dwell_check check (stage_dwell_days >= 0);

comment on column business_line_rules.at_risk_exit_times_base_rate_percent is 'Below how many hundredths of the base rate a customer is at risk no more; null stands for three quarters of where being at risk begins';
comment on column business_line_rules.stage_dwell_days is 'For how many days at least a stage lasts, unless facts end it';
