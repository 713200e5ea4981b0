-- A page of those who left, as the index departure_win_back_idx has them: the largest expected value of
-- a currency first. The page before ended at $1, $2, $3, which may stand before all of them.
select coalesce(departure.currency, 'ZZZ') as "place_currency!",
       coalesce(-(expected_return * value_minor), 'infinity'::double precision) as "place_rank!",
       departure.cancellation_id, stays_of(departure.customer_id) as "customer_id!",
       cancellation.subscription_id, cancellation.acknowledged_at, cancellation.service_end_at,
       cancellation.billing_end_at, stated_reason, reason_category,
       business_line, asked_back_as, theme, ask_back_at, ask_back_until, expected_return,
       value_minor, currency, not_asked_back, held_out
from departure
-- Limit and offset keep this and what is below from becoming joins: of those the planner expects hardly
-- a row, and reads and sorts everybody for every page.
cross join lateral (
    select * from cancellation
    where cancellation.customer_id = departure.customer_id
      and cancellation.cancellation_id = departure.cancellation_id and revoked_at is null
    limit 1
) as cancellation
cross join lateral identities_of(departure.customer_id) as person (ids)
where (coalesce(departure.currency, 'ZZZ'),
       coalesce(-(expected_return * value_minor), 'infinity'::double precision),
       departure.cancellation_id) > ($1, $2, $3)
  and (cardinality($4::text[]) = 0 or reason_category = any ($4))
  and ($5::text is null or business_line = $5)
  and ($6::text is null or asked_back_as = $6)
  and ($7::timestamptz is null or ask_back_at >= $7)
  and ($8::timestamptz is null or ask_back_at < $8)
  and ($9::bigint is null or value_minor >= $9 and currency = $10)
  and (not_asked_back is null and (ask_back_until is null or ask_back_until > now())
       or $11 and not_asked_back = 'held_out'
       or $12 and (not_asked_back <> 'held_out' or ask_back_until <= now()))
  and not_asked_back is distinct from 'erased'
  -- The last word about a subscription counts.
  and not exists (
      select from cancellation later
      where later.customer_id = any (person.ids)
        and later.subscription_id = cancellation.subscription_id and later.revoked_at is null
        and (later.acknowledged_at, later.cancellation_id)
            > (cancellation.acknowledged_at, cancellation.cancellation_id)
      offset 0)
  -- Whoever is to be erased is not shown any more.
  and not exists (
      select from erasure_owed owed where owed.customer_id = any (person.ids) offset 0)
order by coalesce(departure.currency, 'ZZZ'),
         coalesce(-(expected_return * value_minor), 'infinity'::double precision),
         departure.cancellation_id
limit $13
