select customer_id, event_id, kind, event_time, subscription_id, amount_minor, currency,
       quantity, detail, survey_score
from event
where customer_id = $1 and (event_time, event_id) < ($2::timestamptz, $3::text)
order by event_time desc, event_id desc
limit $4
