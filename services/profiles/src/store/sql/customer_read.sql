select customer_id, revision, create_time, update_time, kind, display_name, email, phone,
       jurisdiction, language, deceased, vulnerable, do_not_offer,
       time_zone
from customer
where customer_id = any($1)
