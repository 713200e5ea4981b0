-- How many people are on each side of a holdout, of those with a call that counts: $1 since when, $2
-- now, $3 the key of the holdout. Ids that profiles found to be one person count as one; who turned out
-- to be on both sides is on neither, and told apart. Whoever is held out and was offered something all
-- the same spoils the comparison.
with calls as (
    select coalesce(identity.stays_customer_id, outcome.customer_id) as person, outcome.*,
           coalesce(holdout_key = $3 and holdout_exposed, false) as counts
    from call_outcome outcome left join customer_identity identity using (customer_id)
    where decided_at >= $1 and decided_at <= $2
), people as (
    select bool_or(held_out) filter (where counts) as held_out,
           bool_or(not held_out) filter (where counts) as not_held_out,
           bool_or(overridden) filter (where counts)
               or bool_or(not held_out and offer_key is not null and compared_offer_key is not null)
               as offered_something
    from calls group by person having bool_or(counts)
)
select count(*) filter (where not held_out) as "offered!",
       count(*) filter (where not not_held_out) as "held_out!",
       count(*) filter (where held_out and not_held_out) as "on_both_sides!",
       count(*) filter (where not not_held_out and offered_something) as "offered_all_the_same!"
from people
