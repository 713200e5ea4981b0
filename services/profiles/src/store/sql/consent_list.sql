select customer_id, channel, record_time, state, source
from consent
where customer_id = $1
order by record_time desc, channel, state desc
limit $2
