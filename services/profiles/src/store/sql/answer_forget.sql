delete from request_log
where request_id = any($1)
