insert into contact_rule_set (version, publish_time, content)
select coalesce(max(version), 0) + 1, $1, $2::text::jsonb
from contact_rule_set
returning version
