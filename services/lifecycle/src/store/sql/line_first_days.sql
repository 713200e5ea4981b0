select business_line, min(purchase_days[1]) as "first_day!"
from purchase_history
group by business_line
