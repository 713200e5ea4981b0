update care_task
set claim_token = null, claim_expire_time = null
where customer_id = any($1) and claim_token = $2::text::uuid
