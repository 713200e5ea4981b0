-- The oldest message after a place, whether it may be read yet or not: how long it has waited.
select greatest(extract(epoch from clock_timestamp() - created_at), 0)::double precision as "seconds!"
from outbox
where (transaction_id, id) > ($1::text::xid8, $2::bigint)
  and shard % $3::integer = $4::integer
order by transaction_id, id
limit 1
