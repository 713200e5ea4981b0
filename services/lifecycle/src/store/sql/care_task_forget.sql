with names as (delete from care_alias where stays_customer_id = any($1))
delete from care_task where customer_id = any($1)
