-- By any of their ids. Addresses stay where they are: whether there is one is all that is asked.
select asked.customer_id as "asked_id!", customer.customer_id as "customer_id!",
       customer.time_zone as "time_zone!", btrim(customer.email) <> '' as "has_email!",
       btrim(customer.phone) <> '' as "has_phone!", customer_snapshot.facts::text as "facts!"
from unnest($1::text[]) as asked (customer_id)
left join customer_alias on customer_alias.alias_customer_id = asked.customer_id
join customer on customer.customer_id = coalesce(customer_alias.customer_id, asked.customer_id)
join customer_snapshot on customer_snapshot.customer_id = customer.customer_id
