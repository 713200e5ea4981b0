delete from customer
where customer_id = $1
