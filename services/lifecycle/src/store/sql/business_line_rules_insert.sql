insert into business_line_rules
    (version, business_line, early_days, long_term_days, lapsed_after_days, lost_after_days,
     phoenix_days, calm_days, notice_days, gross_margin_basis_points, discount_rate_basis_points,
     risk_horizon_days, at_risk_times_base_rate_percent, value_horizon_months,
     at_risk_exit_times_base_rate_percent, stage_dwell_days, opportunity_days)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)
