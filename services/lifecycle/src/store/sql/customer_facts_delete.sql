with gone as (delete from scored_customer where customer_id = any($1))
delete from customer_facts where customer_id = any($1)
