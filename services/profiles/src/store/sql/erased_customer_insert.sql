insert into erased_customer (customer_digest, erase_time)
select digest, $2
from unnest($1::bytea[]) as erased (digest)
on conflict on constraint erased_customer_pkey do nothing
