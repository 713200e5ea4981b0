-- The list of all outcomes goes by the session, newest first.
create index call_outcome_session_idx on call_outcome (session_id);

-- Offers are compared with the calls on which the same would have been made, had the customer not been
-- held out. Read from the decision's record as the rest is.
alter table call_outcome
    add column holdout_key text,
    add column held_out boolean not null default false,
    add column holdout_exposed boolean not null default false,
    add column compared_offer_key text;
comment on column call_outcome.holdout_key is 'The holdout in force when it was decided; null where there was none, or no pitch at all.';
comment on column call_outcome.held_out is 'The customer is held out by it.';
comment on column call_outcome.holdout_exposed is 'Something that is not owed was offered, or would have been: the call counts for the comparison on either side.';
comment on column call_outcome.compared_offer_key is 'The best offer that is not owed, made or withheld; null where there was none. Whichever side the customer is on.';
