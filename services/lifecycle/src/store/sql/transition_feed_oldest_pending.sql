-- The oldest change after a place, whether it may be read yet or not: how long it has waited.
select greatest(extract(epoch from clock_timestamp() - transition_time), 0)::double precision as "seconds!"
from stage_transition
where (transaction_id, id) > ($1::text::xid8, $2)
order by transaction_id, id
limit 1
