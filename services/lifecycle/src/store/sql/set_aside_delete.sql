delete from set_aside_customer where customer_id = any($1)
