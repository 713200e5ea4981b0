-- One window of a budget: the sums it goes by, part by part, beside what its holds, its ledger and
-- the promises behind the holds come to.
with reckoned as (
    select budget_key, present.window_start,
           case when present.window_start >= coalesce(
               budget_window_start(window_kind, opens_at, closes_at, now()), opens_at)
           then limit_amount end as limit_amount
    from budget
    cross join lateral (select coalesce(
        budget_window_start(window_kind, opens_at, closes_at, coalesce($2::timestamptz, now())),
        opens_at) as window_start) as present
    where budget_key = $1
),
hold as (
    select hold.*, max(attempt) over (partition by customer_id, presented_offer_id) as last_attempt
    from budget_hold hold join reckoned using (budget_key, window_start)
),
of_holds as (
    select bucket,
           coalesce(sum(amount) filter (where state = 'held'), 0)::bigint as held,
           coalesce(sum(amount) filter (where state = 'committed'), 0)::bigint as committed
    from hold group by bucket
),
of_ledger as (
    select bucket,
           coalesce(sum(case kind when 'hold' then amount
                                  when 'refund' then 0 else -amount end), 0)::bigint as held,
           coalesce(sum(case kind when 'commit' then amount
                                  when 'refund' then -amount else 0 end), 0)::bigint as committed
    from budget_entry join reckoned using (budget_key, window_start) group by bucket
),
of_promises as (
    select hold.bucket,
           coalesce(sum(amount) filter (where offer.hold_state = 'held'), 0)::bigint as held,
           coalesce(sum(amount) filter (
               where acceptance.fulfilment in ('requested', 'in_progress', 'completed')
           ), 0)::bigint as committed
    from hold
    join presented_offer offer using (customer_id, presented_offer_id)
    left join acceptance using (customer_id, presented_offer_id)
    where hold.attempt = hold.last_attempt
    group by hold.bucket
)
select reckoned.window_start as "window_start!: jiff_sqlx::Timestamp",
       reckoned.limit_amount as "limit_amount?",
       part.bucket as "bucket?",
       coalesce(bucket.limit_part, 0) as "limit_part!",
       coalesce(bucket.held, 0) as "bucket_held!",
       coalesce(bucket.committed, 0) as "bucket_committed!",
       coalesce(of_holds.held, 0) as "hold_held!",
       coalesce(of_holds.committed, 0) as "hold_committed!",
       coalesce(of_ledger.held, 0) as "ledger_held!",
       coalesce(of_ledger.committed, 0) as "ledger_committed!",
       coalesce(of_promises.held, 0) as "promise_held!",
       coalesce(of_promises.committed, 0) as "promise_committed!"
from reckoned
left join (
    select bucket from budget_bucket join reckoned using (budget_key, window_start)
    union select bucket from of_holds union select bucket from of_ledger
) as part on true
left join budget_bucket bucket on bucket.budget_key = reckoned.budget_key
     and bucket.window_start = reckoned.window_start and bucket.bucket = part.bucket
left join of_holds on of_holds.bucket = part.bucket
left join of_ledger on of_ledger.bucket = part.bucket
left join of_promises on of_promises.bucket = part.bucket
order by part.bucket
