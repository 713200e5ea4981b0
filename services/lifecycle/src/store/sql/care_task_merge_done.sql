-- What one of two ids has done or under way need not be done for the other.
delete from care_task as waiting
using unnest($1::text[], $2::text[]) as merged (customer_id, stays_customer_id), care_task as done
where waiting.customer_id = merged.stays_customer_id and waiting.state in ('waiting', 'held_out')
  and done.customer_id = merged.customer_id and done.kind = waiting.kind
  and done.subject = waiting.subject and done.state in ('leased', 'completed')
