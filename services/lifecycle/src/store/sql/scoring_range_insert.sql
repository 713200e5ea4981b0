-- Every so many customers a range ends; the last one has no end, for whoever comes meanwhile.
with ends as (
    select customer_id, place / $2 as number
    from (select customer_id, row_number() over (order by customer_id) as place
          from customer_facts) as placed
    where place % $2 = 0
)
insert into scoring_range (run, number, after_customer, until_customer)
select $1::bigint, number, lag(customer_id, 1, '') over (order by number), customer_id from ends
union all
select $1::bigint, coalesce(max(number), 0) + 1, coalesce(max(customer_id), ''), null from ends
