-- Of one and the same task under both ids, that of the id that stays is kept.
delete from care_task as same
using unnest($1::text[], $2::text[]) as merged (customer_id, stays_customer_id), care_task as kept
where same.customer_id = merged.customer_id and kept.customer_id = merged.stays_customer_id
  and kept.kind = same.kind and kept.subject = same.subject
