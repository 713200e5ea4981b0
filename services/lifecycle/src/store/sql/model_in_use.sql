select version from model_activation
where kind = $1
order by activation desc
limit 1
