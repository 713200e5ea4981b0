-- Ids that both customers use; a few are enough to say so.
(
    select 1 as "kind!", event_id as "id!"
    from event
    where customer_id = $1
      and event_id in (select event_id from event where customer_id = $2)
    order by event_id
    limit 11
)
union all
(
    select 2, incident_id
    from incident
    where customer_id = $1
      and incident_id in (select incident_id from incident where customer_id = $2)
    order by incident_id
    limit 11
)
