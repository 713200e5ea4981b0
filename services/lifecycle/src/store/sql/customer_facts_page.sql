-- What fits rest on decides who is there; whose facts are not kept in this format is told, too.
select observed.customer_id, snapshot.format as "format?", snapshot.facts as "facts?"
from observed_customer as observed
left join customer_facts as snapshot on snapshot.customer_id = observed.customer_id
where observed.customer_id > $1 and hashtext(observed.customer_id)::bigint % $3 = 0
order by observed.customer_id
limit $2
