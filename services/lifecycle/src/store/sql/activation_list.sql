select activation, version, activate_time, activated_by, forced, reason
from model_activation
where kind = $1
order by activation desc
limit $2
