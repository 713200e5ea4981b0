-- Notes whom answers name, one name a row ($1, $2) and every answer at least by its id alone ($3).
update request_log
set customer_ids = coalesce(
    (select array_agg(name.customer_id)
     from unnest($1::text[], $2::text[]) as name (request_id, customer_id)
     where name.request_id = request_log.request_id), '{}')
where request_id = any($3)
