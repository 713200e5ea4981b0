-- The figures of the review, by offer, side, reason and currency: $1 since when calls count, $2 now,
-- $3 the one offer, or empty. Run it by hand with these three to recompute any figure of a review.
--
-- A call counts for the offer that was decided first, or that would have been, whatever became of it.
-- Excluded calls count for nothing, nor do those decided against the ranking.
with counted as (
    select compared_offer_key, reason_key, margin_currency, held_out,
           offer_key = compared_offer_key and offer_outcome in ('presented', 'accepted', 'declined') as heard,
           offer_key = compared_offer_key and accepted_at is not null as taken,
           case when offer_key = compared_offer_key and accepted_at is not null then cost_minor end as cost,
           here_30_days, here_90_days, here_180_days, durable, left_at, benefit_end_at,
           cancel_calls_24_months,
           -- The margin of the days on which the customer was here, of 180, less what was committed. Who
           -- was away at a window without a date counts until then.
           monthly_margin_minor * greatest(0, extract(epoch from
               least(left_at, decided_at + make_interval(days => case when not here_30_days then 30
                   when not here_90_days then 90 else 180 end)) - decided_at) / 86400) / 30.4375
           - coalesce(cost_minor, 0) as value
    from call_outcome
    where decided_at >= $1 and decided_at <= $2 and status <> 'excluded' and not overridden
      and compared_offer_key is not null and ($3 = '' or compared_offer_key = $3)
      -- Without a holdout nothing is compared; with one, nothing from before it.
      and (holdout_key is not null
           or not exists (select from call_outcome where decided_at >= $1 and held_out))
)
select compared_offer_key as "offer_key!", reason_key, margin_currency, held_out as "held_out!",
       count(*) as "calls!",
       count(*) filter (where heard) as "presented!",
       count(*) filter (where taken) as "taken!",
       count(here_30_days) as "calls_30!", count(*) filter (where here_30_days) as "here_30!",
       count(here_90_days) as "calls_90!", count(*) filter (where here_90_days) as "here_90!",
       count(here_180_days) as "calls_180!", count(*) filter (where here_180_days) as "here_180!",
       count(durable) as "durable_calls!", count(*) filter (where durable) as "durable_here!",
       count(value) filter (where here_180_days is not null) as "valued!",
       coalesce(sum(value) filter (where here_180_days is not null), 0)::double precision as "value_sum!",
       coalesce(sum(value * value) filter (where here_180_days is not null), 0)::double precision
           as "value_squares!",
       coalesce(sum(cost), 0)::bigint as "cost!",
       count(*) filter (where taken and benefit_end_at + interval '30 days' <= $2) as "ended_30!",
       count(*) filter (where taken and benefit_end_at + interval '30 days' <= $2
           and coalesce(left_at, 'infinity') > benefit_end_at + interval '30 days') as "after_30!",
       count(*) filter (where taken and benefit_end_at + interval '90 days' <= $2) as "ended_90!",
       count(*) filter (where taken and benefit_end_at + interval '90 days' <= $2
           and coalesce(left_at, 'infinity') > benefit_end_at + interval '90 days') as "after_90!",
       count(*) filter (where cancel_calls_24_months >= 3) as "serial!"
from counted
group by compared_offer_key, reason_key, margin_currency, held_out
order by compared_offer_key, reason_key nulls last, margin_currency nulls last, held_out
limit 50000
