insert into customer (customer_id, revision, create_time, update_time, kind, display_name, email,
                      phone, jurisdiction, language, deceased, vulnerable, do_not_offer,
                      time_zone)
select *
from unnest($1::text[], $2::bigint[], $3::timestamptz[], $4::timestamptz[], $5::smallint[],
            $6::text[], $7::text[], $8::text[], $9::text[], $10::text[], $11::boolean[],
            $12::boolean[], $13::boolean[], $14::text[])
on conflict on constraint customer_pkey do update
set revision = excluded.revision,
    update_time = excluded.update_time,
    kind = excluded.kind,
    display_name = excluded.display_name,
    email = excluded.email,
    phone = excluded.phone,
    jurisdiction = excluded.jurisdiction,
    language = excluded.language,
    deceased = excluded.deceased,
    vulnerable = excluded.vulnerable,
    do_not_offer = excluded.do_not_offer,
    time_zone = excluded.time_zone
-- Everybody who writes a customer holds its lock, so the revision cannot have moved; should it
-- have, no row is touched and the store notices.
where customer.revision = excluded.revision - 1
