select stage_transition.from_stage, stage_transition.to_stage, count(*) as "count!"
from stage_transition
left join scored_customer using (customer_id)
where stage_transition.transition_time >= $2 and stage_transition.transition_time < $3
  and ($1 = '' or scored_customer.business_line = $1)
group by 1, 2
order by 3 desc, 1, 2
