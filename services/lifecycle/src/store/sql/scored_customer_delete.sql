delete from scored_customer where customer_id = any($1)
