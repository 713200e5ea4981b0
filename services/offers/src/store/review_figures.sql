-- The figures of the review, by offer, side, reason and currency: $1 since when calls count, $2 now,
-- $3 the one offer, or empty, $4 whether also by segment, and if so $5 to $7 from which monthly margin
-- on a customer is worth something and much in each currency, and $8 from how many days on they are
-- long-standing. Run it by hand with these to recompute any figure of a review: services/offers/REVIEW.md.
--
-- A call counts for the offer that was decided first, or that would have been, whatever became of it,
-- and on the side the customer was assigned to, also where somebody overrode that. Excluded calls count
-- for nothing. Ids that profiles found to be one person count as one; who was on both sides, as two of
-- them, is on neither.
--
-- What calls of one person say of each other comes from windows, not from joins: it takes as long for each
-- call however many there are, and whatever is believed of how many there are.
with calls as (
    select coalesce(identity.stays_customer_id, outcome.customer_id) as person, outcome.*
    from call_outcome outcome left join customer_identity identity using (customer_id)
    where decided_at >= $1::timestamptz - interval '365 days' and decided_at <= $2
), among_others as (
    select calls.*,
           bool_or(held_out) filter (where decided_at >= $1) over () as anybody_held_out,
           holdout_key is not null
               and bool_or(held_out) filter (where decided_at >= $1 and compared_offer_key is not null)
                   over on_one_holdout
               and bool_or(not held_out) filter (where decided_at >= $1 and compared_offer_key is not null)
                   over on_one_holdout as on_both_sides,
           array_agg(accepted_at) filter (where price_offer and accepted_at is not null) over of_one_person
               as took_price_at,
           array_agg(decided_at) over of_one_person as rang_at
    from calls
    window of_one_person as (partition by person),
           on_one_holdout as (partition by person, holdout_key)
), counted as (
    select compared_offer_key, reason_key, margin_currency, held_out, overridden,
           case when not $4::boolean then null
                when tier.currency is null or monthly_margin_minor is null then 1
                else (monthly_margin_minor >= middle_from)::integer
                     + (monthly_margin_minor >= high_from)::integer end as value_tier,
           case when $4 then coalesce(tenure_days, 0) >= $8::integer end as long_term,
           offer_key = compared_offer_key and offer_outcome in ('presented', 'accepted', 'declined') as heard,
           offer_key = compared_offer_key and accepted_at is not null as taken,
           case when offer_key = compared_offer_key and accepted_at is not null then cost_minor end as cost,
           offer_key = compared_offer_key and price_offer as about_price,
           here_30_days, here_90_days, here_180_days, durable, left_at, benefit_end_at,
           cancel_calls_24_months, durable::integer as lasts, churn_risk,
           -- An offer was taken less than a year after another about price had been.
           exists (select from unnest(took_price_at) as earlier (taken_at)
               where earlier.taken_at < decided_at
                 and earlier.taken_at >= decided_at - interval '365 days') as took_price_before,
           -- The customer rang to leave within 60 days of the end of what was taken.
           exists (select from unnest(rang_at) as later (decided_at)
               where later.decided_at > benefit_end_at
                 and later.decided_at <= benefit_end_at + interval '60 days') as rang_again,
           -- The margin of the days on which the customer was here, of 180, less what was committed. Who
           -- was away at a window without a date counts until then.
           monthly_margin_minor * greatest(0, extract(epoch from
               least(left_at, decided_at + make_interval(days => case when not here_30_days then 30
                   when not here_90_days then 90 else 180 end)) - decided_at) / 86400) / 30.4375
           - coalesce(cost_minor, 0) as value
    from among_others
    left join unnest($5::text[], $6::bigint[], $7::bigint[]) as tier (currency, middle_from, high_from)
         on tier.currency = among_others.margin_currency
    where decided_at >= $1 and status <> 'excluded'
      and compared_offer_key is not null and ($3 = '' or compared_offer_key = $3)
      -- Without a holdout nothing is compared; with one, nothing from before it.
      and (holdout_key is not null or not anybody_held_out)
      and not coalesce(on_both_sides, false)
)
select compared_offer_key as "offer_key!", reason_key, margin_currency, held_out as "held_out!",
       value_tier, long_term,
       count(*) as "calls!",
       count(*) filter (where heard) as "presented!",
       count(*) filter (where taken) as "taken!",
       count(*) filter (where overridden) as "overridden!",
       coalesce(bool_or(about_price), false) as "about_price!",
       count(here_30_days) as "calls_30!", count(*) filter (where here_30_days) as "here_30!",
       count(here_90_days) as "calls_90!", count(*) filter (where here_90_days) as "here_90!",
       count(here_180_days) as "calls_180!", count(*) filter (where here_180_days) as "here_180!",
       count(durable) as "durable_calls!", count(*) filter (where durable) as "durable_here!",
       count(durable) filter (where here_30_days) as "stayed_calls!",
       count(*) filter (where here_30_days and durable) as "stayed_here!",
       count(value) filter (where here_180_days is not null) as "valued!",
       coalesce(sum(value) filter (where here_180_days is not null), 0)::double precision as "value_sum!",
       coalesce(sum(value * value) filter (where here_180_days is not null), 0)::double precision
           as "value_squares!",
       count(churn_risk * lasts) as "risk_calls!",
       coalesce(sum(churn_risk) filter (where lasts is not null), 0) as "risk_sum!",
       coalesce(sum(churn_risk * churn_risk) filter (where lasts is not null), 0) as "risk_squares!",
       coalesce(sum(churn_risk * lasts), 0) as "risk_lasting!",
       count(churn_risk) filter (where durable) as "risk_here!",
       coalesce(sum(cost), 0)::bigint as "cost!",
       count(*) filter (where taken and benefit_end_at + interval '30 days' <= $2) as "ended_30!",
       count(*) filter (where taken and benefit_end_at + interval '30 days' <= $2
           and coalesce(left_at, 'infinity') > benefit_end_at + interval '30 days') as "after_30!",
       count(*) filter (where taken and benefit_end_at + interval '90 days' <= $2) as "ended_90!",
       count(*) filter (where taken and benefit_end_at + interval '90 days' <= $2
           and coalesce(left_at, 'infinity') > benefit_end_at + interval '90 days') as "after_90!",
       count(*) filter (where taken and took_price_before) as "price_before!",
       count(*) filter (where taken and benefit_end_at + interval '60 days' <= $2) as "ended_60!",
       count(*) filter (where taken and benefit_end_at + interval '60 days' <= $2 and rang_again)
           as "rang_again!",
       count(*) filter (where cancel_calls_24_months >= 3) as "serial!"
from counted
group by compared_offer_key, reason_key, margin_currency, held_out, value_tier, long_term
order by compared_offer_key, reason_key nulls last, margin_currency nulls last, held_out, value_tier,
         long_term
limit 50000
