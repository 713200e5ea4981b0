insert into subscription (customer_id, subscription_id, account_id, product, relationship,
                          contract_kind, standing, start_time, commitment_end_time,
                          service_end_time, billing_end_time, end_reason, end_reached,
                          price_minor, currency, attributes, stated_reason, reason_category)
select *
from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::smallint[], $6::smallint[],
            $7::smallint[], $8::timestamptz[], $9::timestamptz[], $10::timestamptz[],
            $11::timestamptz[], $12::smallint[], $13::boolean[], $14::bigint[], $15::text[],
            $16::jsonb[], $17::text[], $18::text[])
on conflict on constraint subscription_pkey do update
set product = excluded.product,
    relationship = excluded.relationship,
    contract_kind = excluded.contract_kind,
    standing = excluded.standing,
    start_time = excluded.start_time,
    commitment_end_time = excluded.commitment_end_time,
    service_end_time = excluded.service_end_time,
    billing_end_time = excluded.billing_end_time,
    end_reason = excluded.end_reason,
    end_reached = excluded.end_reached,
    price_minor = excluded.price_minor,
    currency = excluded.currency,
    attributes = excluded.attributes,
    stated_reason = excluded.stated_reason,
    reason_category = excluded.reason_category
