insert into event (customer_id, event_id, kind, event_time, record_time, subscription_id,
                   amount_minor, currency, quantity, detail, survey_score)
select customer_id, event_id, kind, event_time, $11::timestamptz, subscription_id, amount_minor,
       currency, quantity, detail, survey_score
from unnest($1::text[], $2::text[], $3::smallint[], $4::timestamptz[], $5::text[], $6::bigint[],
            $7::text[], $8::bigint[], $9::text[], $10::smallint[])
     as new (customer_id, event_id, kind, event_time, subscription_id, amount_minor, currency,
             quantity, detail, survey_score)
