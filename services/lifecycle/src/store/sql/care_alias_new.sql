-- Of the ids that were merged those that are not known as such, or have tasks of their own again.
select merged.customer_id as "customer_id!", merged.stays_customer_id as "stays_customer_id!"
from unnest($1::text[], $2::text[]) as merged (customer_id, stays_customer_id)
left join care_alias as alias on alias.customer_id = merged.customer_id
where alias.stays_customer_id is distinct from merged.stays_customer_id
   or exists (select from care_task where care_task.customer_id = merged.customer_id)
order by merged.customer_id
