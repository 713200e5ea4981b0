delete from subscription_exposure where customer_id = any($1)
