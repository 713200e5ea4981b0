insert into purchase_history (customer_id, business_line, purchase_days)
select row.customer_id, row.business_line, array_agg(row.day order by row.day)
from unnest($1::text[], $2::text[], $3::integer[]) as row (customer_id, business_line, day)
group by row.customer_id, row.business_line
