delete from purchase_history where customer_id = any($1)
