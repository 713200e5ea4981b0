-- The version $1, or the highest where none is named.
select version, publish_time, content::text as "content!"
from contact_rule_set
where version = $1 or $1::bigint is null
order by version desc
limit 1
