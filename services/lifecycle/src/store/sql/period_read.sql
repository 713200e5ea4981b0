select business_line, subject, at_risk, ended
from life_table_period
where version = $1
order by business_line, subject, period
