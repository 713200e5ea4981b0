-- What a review compares: on which side of the holdout a call was, and which offer would have been
-- made; and what managers decide about offers.

alter table call_outcome
    add column holdout_key text,
    add column held_out boolean not null default false,
    add column exposed boolean not null default false,
    add column compared_offer_key text;
comment on column call_outcome.holdout_key is 'The holdout in force on the call; null where there was none.';
comment on column call_outcome.held_out is 'The customer is held out: offered nothing that is not owed.';
comment on column call_outcome.exposed is 'Something that is not owed would have been offered if the customer were not held out: the call counts for the comparison, on either side.';
comment on column call_outcome.compared_offer_key is 'The offer that the call counts for, on either side: the first that is not owed and was decided, or would have been; null where there was none.';

create index call_outcome_decided_at_idx on call_outcome (decided_at);

create table offer_decision (
    offer_key    text        not null,
    decided_at   timestamptz not null,
    decision     text        not null,
    reason       text        not null,
    decided_by   text        not null,
    review_due   date,
    constraint offer_decision_pkey primary key (offer_key, decided_at),
    constraint offer_decision_check check (decision in ('continue', 'watch', 'change', 'drop'))
);
comment on table offer_decision is 'What managers decided about offers; never changed.';
comment on column offer_decision.offer_key is 'The offer.';
comment on column offer_decision.decided_at is 'When.';
comment on column offer_decision.decision is 'continue, watch, change or drop.';
comment on column offer_decision.reason is 'Why, as a short key.';
comment on column offer_decision.decided_by is 'Who.';
comment on column offer_decision.review_due is 'The next review is due on this day; null where none was set.';
