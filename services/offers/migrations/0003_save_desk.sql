-- The save desk: sessions, decisions, presented offers, holds, acceptances, cancellations and the
-- ordered events of each call. Every table starts its key with the customer, so that all rows of
-- one customer can live together wherever they are distributed.

create table save_session (
    customer_id       text        not null,
    session_id        uuid        not null,
    contact_id        text        not null,
    subscription_id   text        not null,
    occasion          text        not null,
    state             text        not null,
    intent            text        not null,
    reason            text,
    agent_id          text,
    refusal_ends      boolean     not null,
    max_offers        smallint    not null,
    service_end_at    timestamptz,
    billing_end_at    timestamptz,
    opened_at         timestamptz not null,
    updated_at        timestamptz not null,
    constraint save_session_pkey primary key (customer_id, session_id),
    constraint save_session_contact_key unique (customer_id, contact_id, subscription_id),
    constraint save_session_state_check check (state in (
        'opened', 'intent_stated', 'disclosed', 'permission_asked', 'offered', 'accepted',
        'declined', 'cancel_reaffirmed', 'save_recorded', 'cancel_recorded', 'transferred',
        'abandoned', 'closed')),
    constraint save_session_max_offers_check check (max_offers between 0 and 2)
);
comment on table save_session is 'One contact about one subscription.';
comment on column save_session.refusal_ends is 'A refusal ends the offers, by the policy of the call.';
comment on column save_session.service_end_at is 'When service would end if the customer left at once; null when the contract was not known.';
comment on column save_session.billing_end_at is 'When billing would end then; may differ from the service end.';

-- The timer that closes forgotten sessions looks only at those that are under way.
create index save_session_under_way_idx on save_session (updated_at)
    where state in ('opened', 'intent_stated', 'disclosed', 'permission_asked', 'offered',
                    'declined', 'cancel_reaffirmed');

create table decision (
    customer_id  text        not null,
    decision_id  uuid        not null,
    session_id   uuid        not null,
    step         integer     not null,
    record       text        not null,
    decided_at   timestamptz not null,
    constraint decision_pkey primary key (customer_id, decision_id),
    constraint decision_step_key unique (customer_id, session_id, step),
    constraint decision_step_check check (step between 1 and 100)
);
comment on table decision is 'What was decided and on what; never changed. Deciding again on the record gives the same answer.';
comment on column decision.record is 'The record as JSON: request, customer, history, versions, verdicts, choice, seed.';
-- Kept out of line and uncompressed: compressing costs the hot path more than the disk is worth.
alter table decision alter column record set storage external;

create table presented_offer (
    customer_id         text        not null,
    presented_offer_id  uuid        not null,
    session_id          uuid        not null,
    decision_id         uuid        not null,
    offer_key           text        not null,
    catalogue_version   bigint      not null,
    rank                smallint    not null,
    price_offer         boolean     not null,
    outcome             text        not null,
    offer               text        not null,
    decided_at          timestamptz not null,
    expires_at          timestamptz not null,
    answered_at         timestamptz,
    constraint presented_offer_pkey primary key (customer_id, presented_offer_id),
    constraint presented_offer_outcome_check check (outcome in (
        'decided', 'presented', 'accepted', 'declined', 'not_presented', 'expired'))
);
comment on table presented_offer is 'An offer handed to the desk; its own id is the key everywhere later.';
comment on column presented_offer.offer is 'Title, script and terms as promised, as JSON: later versions of the catalogue do not change them.';
comment on column presented_offer.answered_at is 'When the last outcome was recorded.';
create index presented_offer_open_idx on presented_offer (expires_at)
    where outcome in ('decided', 'presented');

create table hold (
    customer_id         text        not null,
    presented_offer_id  uuid        not null,
    hold_id             uuid        not null,
    state               text        not null,
    cost_minor          bigint      not null,
    currency            text        not null,
    expires_at          timestamptz not null,
    settled_at          timestamptz,
    constraint hold_pkey primary key (customer_id, presented_offer_id, hold_id),
    constraint hold_state_check check (state in ('held', 'committed', 'released', 'expired')),
    constraint hold_cost_check check (cost_minor >= 0)
);
comment on table hold is 'The reservation behind a presented offer; it makes the promise honourable until it expires.';

create table acceptance (
    customer_id         text        not null,
    presented_offer_id  uuid        not null,
    acceptance_id       uuid        not null,
    agent_id            text,
    accepted_at         timestamptz not null,
    fulfilment          text        not null,
    constraint acceptance_pkey primary key (customer_id, presented_offer_id),
    constraint acceptance_fulfilment_check check (fulfilment in (
        'requested', 'in_progress', 'completed', 'failed', 'rolled_back'))
);
comment on table acceptance is 'An accepted offer. At most one for each presented offer.';

create table cancellation (
    customer_id      text        not null,
    cancellation_id  uuid        not null,
    session_id       uuid        not null,
    subscription_id  text        not null,
    contact_id       text        not null,
    reason           text,
    agent_id         text,
    acknowledged_at  timestamptz not null,
    service_end_at   timestamptz not null,
    billing_end_at   timestamptz not null,
    dates_source     text        not null,
    hash             bytea       not null,
    constraint cancellation_pkey primary key (customer_id, cancellation_id),
    constraint cancellation_session_key unique (customer_id, session_id),
    constraint cancellation_dates_source_check check (dates_source in ('contract', 'request', 'provisional')),
    constraint cancellation_hash_check check (octet_length(hash) = 32)
);
comment on table cancellation is 'A confirmed cancellation with its acknowledgement; never changed.';
comment on column cancellation.hash is 'SHA-256 of the acknowledged content.';

create table session_event (
    customer_id  text        not null,
    session_id   uuid        not null,
    sequence     integer     not null,
    kind         text        not null,
    agent_id     text,
    detail       text        not null,
    happened_at  timestamptz not null,
    constraint session_event_pkey primary key (customer_id, session_id, sequence)
);
comment on table session_event is 'What happened in a session, in order; append-only.';
