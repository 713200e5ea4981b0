(
    select distinct on (customer_id, channel)
           customer_id as "customer_id!", channel as "channel!", record_time as "record_time!",
           state as "state!", source as "source!"
    from consent
    where customer_id = any($1)
    order by customer_id, channel, record_time desc, state desc
)
union
select consent.customer_id, consent.channel, consent.record_time, consent.state, consent.source
from unnest($2::text[], $3::smallint[], $4::timestamptz[], $5::smallint[])
     as named (customer_id, channel, record_time, state)
join consent using (customer_id, channel, record_time, state)
