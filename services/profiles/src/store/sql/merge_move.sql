-- Everything of $2 becomes that of $1. What both said alike was said once.
with moved_account as (
    update account set customer_id = $1 where customer_id = $2
), moved_owner as (
    update account_owner set customer_id = $1
    where account_id in (select account_id from account where customer_id = $2)
), moved_subscription as (
    update subscription set customer_id = $1 where customer_id = $2
), moved_event as (
    update event set customer_id = $1 where customer_id = $2
), moved_incident as (
    update incident set customer_id = $1 where customer_id = $2
), said as (
    insert into consent (customer_id, channel, record_time, state, source)
    select $1, channel, record_time, state, source
    from consent
    where customer_id = $2
    on conflict on constraint consent_pkey do nothing
), unsaid as (
    delete from consent where customer_id = $2
), snapshot as (
    delete from customer_snapshot where customer_id = $2
), renamed as (
    update customer_alias set customer_id = $1 where customer_id = $2
), named as (
    insert into customer_alias (alias_customer_id, customer_id, merge_time)
    values ($2, $1, $4)
)
update customer set revision = greatest(revision, $3) where customer_id = $1
