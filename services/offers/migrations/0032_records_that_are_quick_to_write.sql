-- Functions that are called for every statement or event, as before, in a language that keeps its plans:
-- Postgres plans one written in SQL anew in each transaction, which was most of what an event of a
-- session cost. And an event is written once, whole, instead of being written and completed.

create or replace function chain_link(previous bytea, variadic parts text[]) returns bytea
language plpgsql immutable as $$
begin
    return (
        select sha256(previous || string_agg(
            int8send(octet_length(convert_to(coalesce(part, ''), 'UTF8'))::bigint)
                || convert_to(coalesce(part, ''), 'UTF8'), ''::bytea order by place))
        from unnest(parts) with ordinality as listed (part, place));
end
$$;

create or replace function chain_time(moment timestamptz) returns text
language plpgsql immutable as $$
begin
    return ((extract(epoch from moment) * 1000000)::bigint)::text;
end
$$;

create or replace function session_root(session save_session) returns bytea
language plpgsql stable as $$
begin
    return chain_link(''::bytea, 'rekindle session 1', session.customer_id,
        session.session_id::text, session.contact_id, session.subscription_id, session.occasion,
        session.intent, session.reason, session.agent_id, session.refusal_ends::text,
        session.max_offers::text, chain_time(session.service_end_at),
        chain_time(session.billing_end_at), chain_time(session.opened_at));
end
$$;

create or replace function cancellation_digest(one cancellation) returns bytea
language plpgsql stable as $$
begin
    return chain_link(''::bytea, 'rekindle cancellation 1', one.customer_id,
        one.cancellation_id::text, one.session_id::text, one.subscription_id, one.contact_id,
        one.reason, one.agent_id, chain_time(one.acknowledged_at), chain_time(one.service_end_at),
        chain_time(one.billing_end_at), one.dates_source, encode(one.hash, 'hex'), one.exit_type,
        one.keep_in_touch, chain_time(one.cancel_deadline_at));
end
$$;

create or replace function acceptance_digest(one acceptance) returns text
language plpgsql stable as $$
begin
    return encode(chain_link(''::bytea, 'rekindle acceptance 1', one.customer_id,
        one.presented_offer_id::text, one.acceptance_id::text, one.agent_id,
        chain_time(one.accepted_at), one.discretion_agent_id, one.discretion_minor::text,
        one.owed::text), 'hex');
end
$$;

create or replace function event_evidence(event session_event) returns text
language plpgsql stable as $$
begin
    if event.kind = 'cancel_recorded' then
        return (
            select encode(cancellation_digest(one), 'hex') from cancellation one
            where one.customer_id = event.customer_id and one.cancellation_id::text = event.detail);
    elsif event.kind = 'cancel_revoked' then
        return (
            select chain_time(one.revoked_at) from cancellation one
            where one.customer_id = event.customer_id and one.cancellation_id::text = event.detail);
    elsif event.kind = 'accepted'
          and (event.hash is null or event.evidence like 'acceptance %') then
        return (
            select 'acceptance ' || acceptance_digest(one) from acceptance one
            where one.customer_id = event.customer_id
              and one.presented_offer_id::text = event.detail);
    end if;
    return (
        select encode(decision.hash, 'hex') from decision
        where decision.customer_id = event.customer_id
          and decision.session_id = event.session_id
          and decision.decision_id = event.decision_id);
end
$$;

create or replace function event_link(previous bytea, event session_event) returns bytea
language plpgsql immutable as $$
begin
    return chain_link(previous, 'rekindle event 1', event.customer_id, event.session_id::text,
        event.sequence::text, event.kind, event.agent_id, event.detail,
        chain_time(event.happened_at), event.decision_id::text, event.evidence);
end
$$;

create or replace function head_of(last bytea, state text, refused boolean, events integer)
returns bytea
language plpgsql immutable as $$
begin
    return chain_link(last, 'rekindle head 1', state, refused::text, events::text);
end
$$;

create or replace function append_session_event(
    of_customer text, of_session uuid, event_kind text, by_agent text, event_detail text
) returns void
language plpgsql as $$
declare
    session save_session;
    before session_event;
    fresh session_event;
begin
    select * into session from save_session
    where customer_id = of_customer and session_id = of_session;
    select * into before from session_event
    where customer_id = of_customer and session_id = of_session
    order by sequence desc limit 1;
    fresh.customer_id := of_customer;
    fresh.session_id := of_session;
    fresh.sequence := coalesce(before.sequence, 0) + 1;
    fresh.kind := event_kind;
    fresh.agent_id := by_agent;
    fresh.detail := event_detail;
    fresh.happened_at := clock_timestamp();
    fresh.decision_id := (
        select decision_id from decision
        where customer_id = of_customer and session_id = of_session
        order by decided_at desc, step desc limit 1);
    fresh.evidence := event_evidence(fresh);
    fresh.hash := event_link(
        coalesce(before.hash, session.chain_root, session_root(session)), fresh);
    insert into session_event select fresh.*;
    update save_session
    set chain_root = coalesce(chain_root, session_root(session)),
        chain_length = fresh.sequence,
        chain_head = head_of(fresh.hash, state, refused, fresh.sequence)
    where customer_id = of_customer and session_id = of_session;
end
$$;

create or replace function seal_session(of_customer text, of_session uuid) returns void
language plpgsql as $$
begin
    update save_session session
    set chain_head = head_of(event.hash, session.state, session.refused, session.chain_length)
    from session_event event
    where session.customer_id = of_customer and session.session_id = of_session
      and event.customer_id = of_customer and event.session_id = of_session
      and event.sequence = session.chain_length;
end
$$;

create or replace function acceptance_is_undone(of_customer text, of_offer uuid) returns boolean
language plpgsql stable as $$
begin
    return exists (
        select from acceptance
        where customer_id = of_customer and presented_offer_id = of_offer
          and (fulfilment = 'rolled_back'
               or fulfilment = 'failed' and not exists (
                   select from promise_task task
                   where task.customer_id = of_customer and task.presented_offer_id = of_offer
                     and task.resolution = 'made_good_by_hand')));
end
$$;

create or replace function stays_of(of_customer text) returns text
language plpgsql stable as $$
begin
    return coalesce(
        (select stays_customer_id from customer_identity where customer_id = of_customer),
        of_customer);
end
$$;

create or replace function identities_of(of_customer text) returns text[]
language plpgsql stable as $$
declare
    stays text := stays_of(of_customer);
begin
    return (
        select array_agg(id order by id) from (
            select of_customer
            union select stays
            union select customer_id from customer_identity where stays_customer_id = stays
        ) as known (id));
end
$$;
