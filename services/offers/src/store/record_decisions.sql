-- One batch of decisions. Rows are sorted by request id first, so that two batches that share a key
-- wait for each other in one order and cannot deadlock.
with call as (
    select *
    from unnest(
        $1::text[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[],
        $8::text[], $9::text[], $10::bool[], $11::int2[], $12::timestamptz[], $13::timestamptz[],
        $14::text[], $15::bytea[], $16::uuid[], $17::text[]
    ) as call (
        customer_id, session_id, contact_id, subscription_id, occasion, state, intent,
        reason, agent_id, refusal_ends, max_offers, contract_ends_at, decided_at,
        request_id, body_hash, decision_id, record
    )
),
fresh_request as (
    insert into request_log (request_id, method, body_hash, response)
    select request_id, $33::text, body_hash, ''::bytea from call order by request_id
    on conflict do nothing
    returning request_id
),
fresh_session as (
    insert into save_session (
        customer_id, session_id, contact_id, subscription_id, occasion, state, intent, reason,
        agent_id, refusal_ends, max_offers, service_end_at, billing_end_at, opened_at, updated_at
    )
    select customer_id, session_id, contact_id, subscription_id, occasion, state, intent, reason,
           agent_id, refusal_ends, max_offers, contract_ends_at, contract_ends_at, decided_at, decided_at
    from call join fresh_request using (request_id)
    order by customer_id, contact_id, subscription_id
    on conflict do nothing
    returning customer_id, session_id, agent_id
),
fresh_decision as (
    insert into decision (customer_id, decision_id, session_id, step, record, decided_at)
    select call.customer_id, call.decision_id, call.session_id, 1, call.record, call.decided_at
    from call join fresh_session using (session_id)
),
offer as (
    select *
    from unnest(
        $18::uuid[], $19::uuid[], $20::uuid[], $21::text[], $22::int2[], $23::bool[], $24::text[],
        $25::timestamptz[], $26::int8[], $27::text[], $28::int8[]
    ) as offer (
        session_id, presented_offer_id, hold_id, offer_key, rank, price_offer, offer,
        expires_at, cost_minor, currency, catalogue_version
    )
),
fresh_offer as (
    insert into presented_offer (
        customer_id, presented_offer_id, session_id, decision_id, offer_key, catalogue_version,
        rank, price_offer, outcome, offer, decided_at, expires_at
    )
    select call.customer_id, offer.presented_offer_id, offer.session_id, call.decision_id,
           offer.offer_key, offer.catalogue_version, offer.rank, offer.price_offer, $34::text,
           offer.offer, call.decided_at, offer.expires_at
    from offer join fresh_session using (session_id) join call using (session_id)
),
fresh_hold as (
    insert into hold (
        customer_id, presented_offer_id, hold_id, state, cost_minor, currency, expires_at
    )
    select fresh_session.customer_id, offer.presented_offer_id, offer.hold_id, 'held',
           offer.cost_minor, offer.currency, offer.expires_at
    from offer join fresh_session using (session_id)
),
fresh_event as (
    insert into session_event (customer_id, session_id, sequence, kind, agent_id, detail, happened_at)
    select fresh_session.customer_id, event.session_id, event.sequence, event.kind,
           fresh_session.agent_id, event.detail, clock_timestamp()
    from unnest($29::uuid[], $30::int4[], $31::text[], $32::text[])
             as event (session_id, sequence, kind, detail)
    join fresh_session using (session_id)
)
select session_id from fresh_session
