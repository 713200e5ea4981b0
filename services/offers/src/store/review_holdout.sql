-- How many customers are on each side of a holdout, of those with a call that counts: $1 since when,
-- $2 now, $3 the key of the holdout. Whoever is held out and was offered something all the same spoils
-- the comparison.
select count(distinct customer_id) filter (where holdout_exposed and not held_out) as "offered!",
       count(distinct customer_id) filter (where holdout_exposed and held_out) as "held_out!",
       count(distinct customer_id) filter (where holdout_exposed and held_out and (overridden or exists (
           select from call_outcome elsewhere
           where elsewhere.customer_id = call_outcome.customer_id
             and elsewhere.decided_at >= $1 and elsewhere.decided_at <= $2
             and not elsewhere.held_out and elsewhere.offer_key is not null
             and elsewhere.compared_offer_key is not null))) as "offered_all_the_same!"
from call_outcome
where decided_at >= $1 and decided_at <= $2 and holdout_key = $3
