-- How many of those who left are asked back, in which way, and why others are not: of each subscription
-- the last cancellation that stands.
select asked_back_as, not_asked_back, count(*) as "cancellations!"
from (
    select distinct on (person_id, subscription_id) asked_back_as, not_asked_back
    from (
        select coalesce(stays_customer_id, departure.customer_id) as person_id, subscription_id,
               acknowledged_at, departure.cancellation_id, asked_back_as, not_asked_back
        from departure join cancellation using (customer_id, cancellation_id)
        left join customer_identity on customer_identity.customer_id = departure.customer_id
        where revoked_at is null and not_asked_back is distinct from 'erased'
          and ($1::text is null or business_line = $1)
          and ($2::timestamptz is null or acknowledged_at >= $2)
          and ($3::timestamptz is null or acknowledged_at < $3)
    ) as standing
    order by person_id, subscription_id, acknowledged_at desc, cancellation_id desc
) as last_word
group by asked_back_as, not_asked_back
order by asked_back_as desc nulls last, not_asked_back
