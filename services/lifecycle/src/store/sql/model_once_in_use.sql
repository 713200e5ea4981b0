-- The versions of a kind, the one put in use last before the others.
select version as "version!"
from model_activation
where kind = $1
group by version
order by max(activation) desc
limit $2
