-- Whoever changes back and forth for years keeps the latest changes.
delete from stage_transition
using (select customer_id, max(number) as latest
       from stage_transition where customer_id = any($1) group by customer_id) as kept
where stage_transition.customer_id = kept.customer_id
  and stage_transition.number <= kept.latest - $2
