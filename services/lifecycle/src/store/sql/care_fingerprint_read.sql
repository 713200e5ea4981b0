select customer_id, care_plan_version as "care_plan_version!", care_fingerprint as "care_fingerprint!"
from scored_customer
where customer_id = any($1) and care_plan_version is not null and care_fingerprint is not null
