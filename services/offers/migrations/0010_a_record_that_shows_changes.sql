-- A record that shows when it was changed: every decision has a hash of its own, every event one over
-- the event before, and the session keeps the head, so that a missing end is noticed, too. Rows from
-- before have none and say so by that.

alter table decision add column hash bytea,
    add constraint decision_hash_check check (octet_length(hash) = 32);
comment on column decision.hash is 'SHA-256 over the ids and the record; null where it was decided before hashes were kept.';

alter table session_event add column decision_id uuid, add column evidence text,
    add column hash bytea,
    add constraint session_event_hash_check check (octet_length(hash) = 32);
comment on column session_event.decision_id is 'The decision that was the latest when it happened; its hash is part of the event''s.';
comment on column session_event.evidence is 'The hash of what it stands for: the decision it came after, the cancellation it confirmed.';
comment on column session_event.hash is 'SHA-256 over the hash before and the event; null where it happened before hashes were kept.';

alter table save_session add column chain_root bytea, add column chain_length integer,
    add column chain_head bytea,
    add constraint save_session_chain_head_check check (octet_length(chain_head) = 32);
comment on column save_session.chain_root is 'SHA-256 of what never changes of the session, from its first event on.';
comment on column save_session.chain_length is 'How many events there are; null while there is none with a hash.';
comment on column save_session.chain_head is 'SHA-256 over the hash of the last event, the state and the number of events.';

-- Each part is led by its length, so that no two contents have the same bytes.
create function chain_link(previous bytea, variadic parts text[]) returns bytea
language sql immutable as $$
    select sha256(previous || string_agg(
        int8send(octet_length(convert_to(coalesce(part, ''), 'UTF8'))::bigint)
            || convert_to(coalesce(part, ''), 'UTF8'), ''::bytea order by place))
    from unnest(parts) with ordinality as listed (part, place)
$$;
comment on function chain_link is 'SHA-256 over a hash and the texts that follow it.';

create function chain_time(moment timestamptz) returns text
language sql immutable as $$
    select ((extract(epoch from moment) * 1000000)::bigint)::text
$$;
comment on function chain_time is 'An instant in microseconds, as it goes into a hash.';

-- What never changes of a session: where its chain begins.
create function session_root(session save_session) returns bytea
language sql stable as $$
    select chain_link(''::bytea, 'rekindle session 1', session.customer_id,
        session.session_id::text, session.contact_id, session.subscription_id, session.occasion,
        session.intent, session.reason, session.agent_id, session.refusal_ends::text,
        session.max_offers::text, chain_time(session.service_end_at),
        chain_time(session.billing_end_at), chain_time(session.opened_at))
$$;
comment on function session_root is 'The hash of what never changes of a session.';

create function cancellation_digest(one cancellation) returns bytea
language sql stable as $$
    select chain_link(''::bytea, 'rekindle cancellation 1', one.customer_id,
        one.cancellation_id::text, one.session_id::text, one.subscription_id, one.contact_id,
        one.reason, one.agent_id, chain_time(one.acknowledged_at), chain_time(one.service_end_at),
        chain_time(one.billing_end_at), one.dates_source, encode(one.hash, 'hex'), one.exit_type,
        one.keep_in_touch, chain_time(one.cancel_deadline_at))
$$;
comment on function cancellation_digest is 'The hash of what never changes of a cancellation.';

-- What an event stands for, beside its own columns: the cancellation it confirmed or revoked, the
-- decision it came after.
create function event_evidence(event session_event) returns text
language sql stable as $$
    select case event.kind
        when 'cancel_recorded' then (
            select encode(cancellation_digest(one), 'hex') from cancellation one
            where one.customer_id = event.customer_id and one.cancellation_id::text = event.detail)
        when 'cancel_revoked' then (
            select chain_time(one.revoked_at) from cancellation one
            where one.customer_id = event.customer_id and one.cancellation_id::text = event.detail)
        else (
            select encode(decision.hash, 'hex') from decision
            where decision.customer_id = event.customer_id
              and decision.session_id = event.session_id
              and decision.decision_id = event.decision_id)
    end
$$;
comment on function event_evidence is 'What an event stands for beside its own columns.';

create function event_link(previous bytea, event session_event) returns bytea
language sql immutable as $$
    select chain_link(previous, 'rekindle event 1', event.customer_id, event.session_id::text,
        event.sequence::text, event.kind, event.agent_id, event.detail,
        chain_time(event.happened_at), event.decision_id::text, event.evidence)
$$;
comment on function event_link is 'The hash of an event over the one before.';

create function head_of(last bytea, state text, refused boolean, events integer) returns bytea
language sql immutable as $$
    select chain_link(last, 'rekindle head 1', state, refused::text, events::text)
$$;
comment on function head_of is 'The hash of the end of a chain with where the session stands.';

-- Whoever calls this holds the lock of the session.
create function append_session_event(
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
    insert into session_event
        (customer_id, session_id, sequence, kind, agent_id, detail, happened_at, decision_id)
    select of_customer, of_session, coalesce(before.sequence, 0) + 1, event_kind, by_agent,
           event_detail, clock_timestamp(), (
               select decision_id from decision
               where customer_id = of_customer and session_id = of_session
               order by decided_at desc, step desc limit 1)
    returning * into fresh;
    fresh.evidence := event_evidence(fresh);
    fresh.hash := event_link(
        coalesce(before.hash, session.chain_root, session_root(session)), fresh);
    update session_event set evidence = fresh.evidence, hash = fresh.hash
    where customer_id = of_customer and session_id = of_session and sequence = fresh.sequence;
    update save_session
    set chain_root = coalesce(chain_root, session_root(session)),
        chain_length = fresh.sequence,
        chain_head = head_of(fresh.hash, state, refused, fresh.sequence)
    where customer_id = of_customer and session_id = of_session;
end
$$;
comment on function append_session_event is 'Appends an event to a session and moves the head of its chain.';

-- Moves the head to where the session stands now.
create function seal_session(of_customer text, of_session uuid) returns void
language sql as $$
    update save_session session
    set chain_head = head_of(event.hash, session.state, session.refused, session.chain_length)
    from session_event event
    where session.customer_id = of_customer and session.session_id = of_session
      and event.customer_id = of_customer and event.session_id = of_session
      and event.sequence = session.chain_length
$$;
comment on function seal_session is 'Moves the head of a session''s chain to where the session stands.';

create function abandon_session(of_customer text, of_session uuid) returns void
language plpgsql as $$
begin
    update save_session set state = 'abandoned', updated_at = now(),
        refused = refused or state in ('declined', 'cancel_reaffirmed')
    where customer_id = of_customer and session_id = of_session;
    perform append_session_event(of_customer, of_session, 'abandoned', null, '');
end
$$;
comment on function abandon_session is 'Closes a session that nobody came back to.';
