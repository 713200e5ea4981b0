-- Offers whose price afterwards was above that of a new customer: accepted all the same, and kept from
-- calls for it. $1 since when calls count, $2 now, $3 the one offer, or empty.
select offer_key as "offer_key!", count(*) filter (where breach) as "breaches!",
       count(*) filter (where not breach) as "refused!"
from (
    select offer_key, true as breach
    from call_outcome
    where decided_at >= $1 and decided_at <= $2 and accepted_at is not null and parity_after_minor > 0
    union all
    select refused, false
    from call_outcome, unnest(parity_refused_keys) as refused
    where decided_at >= $1 and decided_at <= $2
) as told (offer_key, breach)
where $3 = '' or offer_key = $3
group by offer_key
order by offer_key
limit 5000
