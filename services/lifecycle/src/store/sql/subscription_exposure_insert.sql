insert into subscription_exposure
    (customer_id, subscription_id, business_line, contract_kind, start_time, end_time, lives_on)
select row.customer_id, row.subscription_id, row.business_line, row.contract_kind,
       row.start_time, row.end_time, row.lives_on
from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::timestamptz[],
            $6::timestamptz[], $7::boolean[])
    as row (customer_id, subscription_id, business_line, contract_kind, start_time, end_time,
            lives_on)
