-- What was spent of each budget, week by week from $1 on, by the ledger: committed is what was
-- accepted in the week, given back what was refunded in it.
select budget.budget_key as "budget_key!", budget.currency, budget.limit_amount as "limit!",
       budget.window_kind as "window_kind!",
       date_bin('7 days', entered_at, $1::timestamptz) as "week!",
       coalesce(sum(amount) filter (where kind = 'commit'), 0)::bigint as "committed!",
       coalesce(sum(amount) filter (where kind = 'refund'), 0)::bigint as "given_back!"
from budget_entry entry join budget using (budget_key)
where entered_at >= $1 and kind in ('commit', 'refund')
group by 1, 2, 3, 4, 5
order by 1, 5
limit 20000
