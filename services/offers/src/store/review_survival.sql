-- How long customers stayed, by offer, currency, side and whole weeks since the call: $1 since when
-- calls count, $2 now, $3 the one offer, or empty. The last week of those still here is that of now.
-- Which calls count is as in review_figures.sql.
with calls as (
    select coalesce(identity.stays_customer_id, outcome.customer_id) as person, outcome.*
    from call_outcome outcome left join customer_identity identity using (customer_id)
    where decided_at >= $1 and decided_at <= $2 and compared_offer_key is not null
), among_others as (
    select calls.*, bool_or(held_out) over () as anybody_held_out,
           holdout_key is not null and bool_or(held_out) over on_one_holdout
               and bool_or(not held_out) over on_one_holdout as on_both_sides
    from calls window on_one_holdout as (partition by person, holdout_key)
), counted as (
    select compared_offer_key, margin_currency, held_out,
           coalesce(left_at <= $2, false) as has_left,
           greatest(0, extract(epoch from least(left_at, $2) - decided_at)) as seconds
    from among_others
    where status <> 'excluded' and ($3 = '' or compared_offer_key = $3)
      -- Without a holdout nothing is compared; with one, nothing from before it.
      and (holdout_key is not null or not anybody_held_out) and not on_both_sides
)
select compared_offer_key as "offer_key!", margin_currency, held_out as "held_out!",
       floor(seconds / 604800)::integer as "week!",
       count(*) filter (where has_left) as "left!",
       count(*) filter (where not has_left) as "still_here!"
from counted
group by compared_offer_key, margin_currency, held_out, floor(seconds / 604800)
order by compared_offer_key, margin_currency nulls last, held_out, floor(seconds / 604800)
limit 100000
