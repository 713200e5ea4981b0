update care_task
set state = 'dropped', state_reason = $4, state_time = $5, claim_token = null,
    claim_expire_time = null
where customer_id = coalesce(
        (select stays_customer_id from care_alias where care_alias.customer_id = $1), $1)
  and (state = 'waiting' or (state = 'leased' and lease_expire_time <= now()))
  and (cardinality($2::text[]) = 0 or kind = any($2))
  and ($3 = '' or subject = $3 or starts_with(subject, $3 || '/'))
