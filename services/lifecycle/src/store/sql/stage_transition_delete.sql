delete from stage_transition where customer_id = any($1)
