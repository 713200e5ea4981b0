select version, publish_time, content
from care_plan
where version = coalesce($1, (select max(version) from care_plan))
