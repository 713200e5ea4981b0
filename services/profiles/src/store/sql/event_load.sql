select event.customer_id, event.event_id, kind, event_time, subscription_id, amount_minor,
       currency, quantity, detail, survey_score
from unnest($1::text[], $2::text[]) as named (customer_id, event_id)
join event on event.customer_id = named.customer_id and event.event_id = named.event_id
