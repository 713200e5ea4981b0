-- Everything of a customer, and of the feed what was told of any of their ids ($2).
with no_event as (
    delete from event where customer_id = $1
), no_incident as (
    delete from incident where customer_id = $1
), no_consent as (
    delete from consent where customer_id = $1
), no_subscription as (
    delete from subscription where customer_id = $1
), no_owner as (
    delete from account_owner
    where account_id in (select account_id from account where customer_id = $1)
), no_account as (
    delete from account where customer_id = $1
), no_snapshot as (
    delete from customer_snapshot where customer_id = $1
), no_alias as (
    delete from customer_alias where customer_id = $1
), no_news as (
    delete from outbox where key = any($2)
)
delete from customer where customer_id = $1
