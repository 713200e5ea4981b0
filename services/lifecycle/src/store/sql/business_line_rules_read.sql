select business_line, early_days, long_term_days, lapsed_after_days, lost_after_days,
       phoenix_days, calm_days, notice_days, gross_margin_basis_points,
       discount_rate_basis_points, risk_horizon_days, at_risk_times_base_rate_percent,
       value_horizon_months,
       -- A version written by the program before this one has none.
       coalesce(at_risk_exit_times_base_rate_percent,
                at_risk_times_base_rate_percent - at_risk_times_base_rate_percent / 4)
           as "at_risk_exit_times_base_rate_percent!",
       stage_dwell_days, opportunity_days
from business_line_rules
where version = $1
