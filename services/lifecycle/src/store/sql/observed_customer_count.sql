select count(*) as "count!" from observed_customer
