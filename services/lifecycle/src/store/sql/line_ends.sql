select line.business_line as "business_line!", max(customer.last_seen_time) as "last_seen_time!"
from (select customer_id, business_line from subscription_exposure
      union all
      select customer_id, business_line from purchase_history) line
join observed_customer customer using (customer_id)
group by line.business_line
