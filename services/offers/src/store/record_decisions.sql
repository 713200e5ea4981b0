-- One batch of decisions. Rows are sorted by request id first, so that two batches that share a key
-- wait for each other in one order and cannot deadlock. The records come apart from the rest: they
-- are long, and the rest is read by every branch. A call that supposes that the desk never met its
-- customer is left out when it did, or when offers are kept from them.
with call as (
    select call.*
    from unnest(
        $1::text[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[],
        $8::text[], $9::text[], $10::bool[], $11::int2[], $12::timestamptz[], $13::timestamptz[],
        $14::text[], $15::bytea[], $16::uuid[], $29::bool[]
    ) as call (
        customer_id, session_id, contact_id, subscription_id, occasion, state, intent,
        reason, agent_id, refusal_ends, max_offers, contract_ends_at, decided_at,
        request_id, body_hash, decision_id, supposes_never_met
    )
    -- In order and limited, so that it is a look into the index and never a scan of the table.
    where not supposes_never_met or ((
        select session_id from save_session as met where met.customer_id = call.customer_id
        order by met.session_id limit 1
    ) is null and (
        select suppression_id from suppression as told where told.customer_id = call.customer_id
        order by told.suppression_id limit 1
    ) is null)
),
fresh_request as (
    insert into request_log (request_id, method, body_hash, response)
    select request_id, $27::text, body_hash, ''::bytea from call order by request_id
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
    returning session_id
),
fresh_decision as (
    insert into decision (customer_id, decision_id, session_id, step, record, decided_at, hash)
    select call.customer_id, call.decision_id, call.session_id, 1, long.record, call.decided_at, long.hash
    from unnest($2::uuid[], $17::text[], $30::bytea[]) as long (session_id, record, hash)
    join call using (session_id) join fresh_session using (session_id)
),
fresh_offer as (
    insert into presented_offer (
        customer_id, presented_offer_id, session_id, decision_id, offer_key, catalogue_version,
        rank, price_offer, outcome, decided_at, expires_at, hold_state, cost_minor, currency
    )
    select call.customer_id, offer.presented_offer_id, offer.session_id, call.decision_id,
           offer.offer_key, offer.catalogue_version, offer.rank, offer.price_offer, $28::text,
           call.decided_at, offer.expires_at, 'held', offer.cost_minor, offer.currency
    from unnest(
        $18::uuid[], $19::uuid[], $20::text[], $21::int2[], $22::bool[],
        $23::timestamptz[], $24::int8[], $25::text[], $26::int8[]
    ) as offer (
        session_id, presented_offer_id, offer_key, rank, price_offer,
        expires_at, cost_minor, currency, catalogue_version
    )
    join call using (session_id) join fresh_session using (session_id)
)
select session_id from fresh_session
