-- Answers of which it is not known whom they name. Claims of requests that are under way are seen by
-- nobody else.
select request_id, response as "response!"
from request_log
where customer_ids is null and response is not null
order by request_id
limit $1
for update skip locked
