-- Who objected is not asked back about anything.
update care_task
set state = 'dropped', state_time = $1, state_reason = 'OBJECTED', claim_token = null,
    claim_expire_time = null
where customer_id = any($2) and kind = any($3) and owner = 'sender'
  and (state = 'waiting' or (state = 'leased' and lease_expire_time <= now()))
