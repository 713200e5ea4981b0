insert into consent (customer_id, channel, record_time, state, source)
select *
from unnest($1::text[], $2::smallint[], $3::timestamptz[], $4::smallint[], $5::text[])
