with names as (
    insert into care_alias (customer_id, stays_customer_id)
    select * from unnest($1::text[], $2::text[])
    on conflict on constraint care_alias_pkey do update
    set stays_customer_id = excluded.stays_customer_id
    where care_alias.stays_customer_id <> excluded.stays_customer_id
)
update care_task as task
set customer_id = merged.stays_customer_id, claim_token = null, claim_expire_time = null
from unnest($1::text[], $2::text[]) as merged (customer_id, stays_customer_id)
where task.customer_id = merged.customer_id
