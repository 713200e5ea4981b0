insert into life_table_period (version, business_line, subject, period, at_risk, ended)
select $1, row.business_line, row.subject, row.period, row.at_risk, row.ended
from unnest($2::text[], $3::text[], $4::integer[], $5::bigint[], $6::bigint[])
    as row (business_line, subject, period, at_risk, ended)
