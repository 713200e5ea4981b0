select version, publish_time
from rule_set
where version = coalesce($1, (select max(version) from rule_set))
