-- The review of offers: which calls it is about, and what managers decide.

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
