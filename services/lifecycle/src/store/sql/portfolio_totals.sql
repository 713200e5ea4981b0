select business_line, stage, value_currency,
       count(*) as "customer_count!",
       count(*) filter (where live) as "live_count!",
       count(churn_risk) as "scored_count!",
       coalesce(sum(churn_risk), 0) as "churn_risk_sum!",
       least(coalesce(sum(value_minor), 0), 9e18)::bigint as "value_minor!",
       least(coalesce(sum(value_minor * churn_risk), 0), 9e18)::bigint as "value_at_risk_minor!"
from scored_customer
where $1 = '' or business_line = $1
group by business_line, stage, value_currency
order by business_line, stage, value_currency
