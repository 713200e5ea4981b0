delete from observed_customer where customer_id = any($1)
