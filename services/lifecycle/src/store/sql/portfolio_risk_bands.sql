select least(floor(churn_risk * 10), 9)::integer as "band!", count(*) as "customer_count!"
from scored_customer
where churn_risk is not null and ($1 = '' or business_line = $1)
group by 1
order by 1
