-- A range may end at any customer there is; who is no more gives the place to whoever comes before.
update scoring_range
set after_customer = case when after_customer = any($1) then coalesce((
        select max(customer_id) from customer_facts where customer_id < after_customer
    ), '') else after_customer end,
    until_customer = case when until_customer = any($1) then coalesce((
        select max(customer_id) from customer_facts where customer_id < until_customer
    ), '') else until_customer end
where after_customer = any($1) or until_customer = any($1)
