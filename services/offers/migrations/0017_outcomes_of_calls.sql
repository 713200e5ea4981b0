-- A save counts when the bill says so, weeks later, against people who were offered nothing. So every
-- call about leaving that ended is measured: those who accepted, those who left, and those who were
-- offered nothing.

-- Leaving writes one row that nobody else ever touches: it has a key of its own and is only deleted,
-- so that no call waits for whoever measures.
create table call_to_measure (
    customer_id  text        not null,
    note_id      bigint      not null generated always as identity,
    session_id   uuid        not null,
    noted_at     timestamptz not null default clock_timestamp(),
    constraint call_to_measure_pkey primary key (customer_id, note_id)
);
comment on table call_to_measure is 'A call about leaving that ended or moved on, to be looked at; removed as soon as it is among the outcomes.';
comment on column call_to_measure.customer_id is 'The customer.';
comment on column call_to_measure.note_id is 'Names the note; one session may have several.';
comment on column call_to_measure.session_id is 'The session of the call.';
comment on column call_to_measure.noted_at is 'When it ended or moved on.';

create table call_outcome (
    customer_id              text        not null,
    session_id               uuid        not null,
    subscription_id          text        not null,
    decided_at               timestamptz not null,
    notes                    integer     not null default 1,
    look_at                  timestamptz,
    attempts                 integer     not null default 0,
    heard_revision           bigint      not null default 0,

    described_at             timestamptz,
    ended_as                 text,
    decision_id              uuid,
    catalogue_version        bigint,
    arm                      text,
    propensity               double precision,
    overridden               boolean     not null default false,
    let_go_reason            text,
    presented_offer_id       uuid,
    offer_key                text,
    offer_outcome            text,
    accepted_at              timestamptz,
    benefit_end_at           timestamptz,
    cost_minor               bigint,
    cost_currency            text,
    reason_key               text,
    business_line            text,
    monthly_margin_minor     bigint,
    margin_currency          text,
    tenure_days              integer,
    contract_kind            text,
    jurisdiction             text,
    cancel_calls_24_months   integer,
    neutral_reason           text,

    status                   text,
    status_reason            text,
    durable_due_at           timestamptz,
    here_30_days             boolean,
    here_90_days             boolean,
    here_180_days            boolean,
    durable                  boolean,
    left_at                  timestamptz,
    facts_revision           bigint,
    judged_at                timestamptz,
    judgement_count          integer     not null default 0,
    correction_count         integer     not null default 0,
    corrected_at             timestamptz,
    constraint call_outcome_pkey primary key (customer_id, session_id),
    constraint call_outcome_ended_as_check check (ended_as in ('accepted', 'cancelled', 'neither')),
    constraint call_outcome_propensity_check check (propensity > 0 and propensity <= 1),
    constraint call_outcome_offer_outcome_check check (offer_outcome in (
        'decided', 'presented', 'accepted', 'declined', 'not_presented', 'expired')),
    constraint call_outcome_cost_check check ((cost_minor is null) = (cost_currency is null)),
    constraint call_outcome_margin_check check ((monthly_margin_minor is null) = (margin_currency is null)),
    constraint call_outcome_status_check check (status in (
        'provisional_save', 'watchlist', 'saved_30', 'saved_90', 'saved_180', 'left', 'lost_deflect',
        'invalid_save', 'excluded'))
);
comment on table call_outcome is 'What became of each call about leaving: what was decided and told, and whether the customer was still entitled and billed afterwards. One row a call, also where nothing was offered.';
comment on column call_outcome.customer_id is 'The customer.';
comment on column call_outcome.session_id is 'The session of the call.';
comment on column call_outcome.subscription_id is 'What the customer wanted to leave.';
comment on column call_outcome.decided_at is 'When the call was decided: day 0 of every window. When the session was opened, where nothing was decided.';
comment on column call_outcome.notes is 'How often the call ended or moved on.';
comment on column call_outcome.look_at is 'When it is looked at next; null when nothing is due any more. Only a change of the facts brings it back then.';
comment on column call_outcome.attempts is 'How often it was claimed since it was last judged; the pause grows with it.';
comment on column call_outcome.heard_revision is 'The highest revision of the customer that profiles told of since the call ended.';
comment on column call_outcome.described_at is 'When the columns up to neutral_reason were last written; null before the first look.';
comment on column call_outcome.ended_as is 'accepted: an offer was accepted and nothing that is owed; cancelled: a cancellation stands; neither: the call ended without either.';
comment on column call_outcome.decision_id is 'The decision behind the offer that was accepted or else heard last, or the first of the call; null where nothing was decided.';
comment on column call_outcome.catalogue_version is 'The version of the catalogue it was decided with.';
comment on column call_outcome.arm is 'The arm: the key of the first offer of the decision, or no_offer.';
comment on column call_outcome.propensity is 'With which probability the arm was drawn.';
comment on column call_outcome.overridden is 'Somebody with authority decided against the ranking.';
comment on column call_outcome.let_go_reason is 'Why nothing was offered, as the code of the decision; null where something was.';
comment on column call_outcome.presented_offer_id is 'The offer that was accepted, or else heard last, or else only decided; null where there was none.';
comment on column call_outcome.offer_key is 'Its key in the catalogue.';
comment on column call_outcome.offer_outcome is 'What became of it on the call.';
comment on column call_outcome.accepted_at is 'When it was accepted; null while it was not.';
comment on column call_outcome.benefit_end_at is 'When its benefit ends; null for a single or lasting one, and where nothing was accepted.';
comment on column call_outcome.cost_minor is 'What it committed by its hold, in minor units of cost_currency; null where nothing is committed.';
comment on column call_outcome.cost_currency is 'ISO 4217, of the cost.';
comment on column call_outcome.reason_key is 'The reason stated, as a key of the reason tree; null where none was given.';
comment on column call_outcome.business_line is 'The business line of the subscription.';
comment on column call_outcome.monthly_margin_minor is 'The margin of one month as estimated on the day, in minor units of margin_currency.';
comment on column call_outcome.margin_currency is 'ISO 4217, of the margin.';
comment on column call_outcome.tenure_days is 'Days since the lifetime of the day began.';
comment on column call_outcome.contract_kind is 'The commitment on the day; null where it was not known.';
comment on column call_outcome.jurisdiction is 'Where the call was decided for, as in US-CA; null where nobody knew.';
comment on column call_outcome.cancel_calls_24_months is 'Calls to leave within 730 days, this one included.';
comment on column call_outcome.neutral_reason is 'Why nothing is learnt from the call, whatever became of the customer: not_decided, unreadable, not_presented or only_owed; null where something is.';
comment on column call_outcome.status is 'Where the save stands by the facts of profiles; null before the first look at them.';
comment on column call_outcome.status_reason is 'Why it is excluded or invalid, or what makes it doubtful; null otherwise.';
comment on column call_outcome.durable_due_at is 'When it shows whether it lasts: 90 days after the call, and 30 after the benefit ends if that is later.';
comment on column call_outcome.here_30_days is 'Entitled and billed 30 days after the call; null while that is not due, in doubt, or not for anybody to say.';
comment on column call_outcome.here_90_days is 'The same at 90 days.';
comment on column call_outcome.here_180_days is 'The same at 180 days.';
comment on column call_outcome.durable is 'The same at durable_due_at.';
comment on column call_outcome.left_at is 'When service or billing ends or ended, the sooner; null while neither is set.';
comment on column call_outcome.facts_revision is 'The revision of the customer that the judgement rests on; null where profiles knows no such customer.';
comment on column call_outcome.judged_at is 'When it was last judged.';
comment on column call_outcome.judgement_count is 'How often it was judged.';
comment on column call_outcome.correction_count is 'How often later facts changed the answer of a window that had one.';
comment on column call_outcome.corrected_at is 'When that last happened.';

create index call_outcome_look_at_idx on call_outcome (look_at) where look_at is not null;
create index call_outcome_status_idx on call_outcome (status, session_id);

-- Whichever way a session ends, and whichever version of the program ends it.
create function note_call_to_measure() returns trigger
language plpgsql as $$
begin
    insert into call_to_measure (customer_id, session_id) values (new.customer_id, new.session_id);
    return null;
end
$$;
comment on function note_call_to_measure is 'Notes a call about leaving that ended or moved on.';
create trigger save_session_to_measure
    after update of state on save_session for each row
    when (new.occasion = 'cancel_call' and new.state is distinct from old.state and new.state in (
        'accepted', 'save_recorded', 'cancel_recorded', 'transferred', 'abandoned', 'closed'))
    execute function note_call_to_measure();
