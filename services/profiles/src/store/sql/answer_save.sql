update request_log
set response = $2, customer_ids = $3
where request_id = $1
