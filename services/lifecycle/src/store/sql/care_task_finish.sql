-- Ends a task as its sender said, or lets it wait for another try.
update care_task
set state = $3, state_reason = $4, state_time = $5, outcome = $6, lease_expire_time = null,
    claim_token = null, claim_expire_time = null,
    next_attempt_time = coalesce($7, next_attempt_time)
where customer_id = $1 and task_id = $2::text::uuid
