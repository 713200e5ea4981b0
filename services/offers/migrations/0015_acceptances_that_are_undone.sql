-- What is owed counts for no save, so that an acceptance says whether it is; and leaving undoes what
-- another contact accepted without waiting for whoever is busy with it.

alter table acceptance add column owed boolean not null default false;
comment on column acceptance.owed is 'It makes good for something that went wrong: no save, and given whatever the customer decides.';

-- What still waits to be carried out has to say so, too. A record that cannot be read says nothing.
do $$
declare
    waiting record;
begin
    for waiting in
        select offer.customer_id, offer.presented_offer_id, offer.rank, decision.record
        from acceptance
        join presented_offer offer using (customer_id, presented_offer_id)
        join decision using (customer_id, session_id, decision_id)
        where acceptance.fulfilment in ('requested', 'in_progress', 'failed')
    loop
        begin
            update acceptance set owed = coalesce((waiting.record::jsonb #>>
                array['decision', 'offers', waiting.rank::text, 'owed'])::boolean, false)
            where acceptance.customer_id = waiting.customer_id
              and acceptance.presented_offer_id = waiting.presented_offer_id;
        exception when data_exception then
            null;
        end;
    end loop;
end
$$;

create table acceptance_to_undo (
    customer_id         text        not null,
    presented_offer_id  uuid        not null,
    noted_at            timestamptz not null,
    constraint acceptance_to_undo_pkey primary key (customer_id, presented_offer_id)
);
comment on table acceptance_to_undo is 'What a customer who left on another contact had accepted and somebody was busy with at that moment; undone as soon as nobody is, and removed.';
comment on column acceptance_to_undo.customer_id is 'The customer.';
comment on column acceptance_to_undo.presented_offer_id is 'The offer that was accepted.';
comment on column acceptance_to_undo.noted_at is 'When the customer left.';
create index acceptance_to_undo_noted_at_idx on acceptance_to_undo (noted_at);

create function acceptance_digest(one acceptance) returns text
language sql stable as $$
    select encode(chain_link(''::bytea, 'rekindle acceptance 1', one.customer_id,
        one.presented_offer_id::text, one.acceptance_id::text, one.agent_id,
        chain_time(one.accepted_at), one.discretion_agent_id, one.discretion_minor::text,
        one.owed::text), 'hex')
$$;
comment on function acceptance_digest is 'The hash of what never changes of an acceptance.';

-- What an event stands for: that of an acceptance for its row, too, from now on.
create or replace function event_evidence(event session_event) returns text
language sql stable as $$
    select case
        when event.kind = 'cancel_recorded' then (
            select encode(cancellation_digest(one), 'hex') from cancellation one
            where one.customer_id = event.customer_id and one.cancellation_id::text = event.detail)
        when event.kind = 'cancel_revoked' then (
            select chain_time(one.revoked_at) from cancellation one
            where one.customer_id = event.customer_id and one.cancellation_id::text = event.detail)
        when event.kind = 'accepted'
             and (event.hash is null or event.evidence like 'acceptance %') then (
            select 'acceptance ' || acceptance_digest(one) from acceptance one
            where one.customer_id = event.customer_id
              and one.presented_offer_id::text = event.detail)
        else (
            select encode(decision.hash, 'hex') from decision
            where decision.customer_id = event.customer_id
              and decision.session_id = event.session_id
              and decision.decision_id = event.decision_id)
    end
$$;

-- What was accepted and is not had, and will not be unless somebody sees to it.
create function acceptance_is_undone(of_customer text, of_offer uuid) returns boolean
language sql stable as $$
    select exists (
        select from acceptance
        where customer_id = of_customer and presented_offer_id = of_offer
          and (fulfilment = 'rolled_back'
               or fulfilment = 'failed' and not exists (
                   select from promise_task task
                   where task.customer_id = of_customer and task.presented_offer_id = of_offer
                     and task.resolution = 'made_good_by_hand')))
$$;
comment on function acceptance_is_undone is 'Tells whether an acceptance was undone, or could not be carried out and was not made good.';
