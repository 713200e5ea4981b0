-- What the review needs beside the answers of windows, read from the decision's record as the rest is.
-- Calls on which somebody overrode the ranking count on the side they were on: they are judged now.

alter table call_outcome
    add column churn_risk double precision,
    add column price_offer boolean not null default false,
    add column parity_after_minor bigint,
    add column parity_refused_keys text[] not null default '{}',
    add constraint call_outcome_churn_risk_check check (churn_risk between 0 and 1);
comment on column call_outcome.churn_risk is 'The chance of leaving as it was known on the call, before anything was said; null where nobody could say.';
comment on column call_outcome.price_offer is 'The offer it is measured by argues about price.';
comment on column call_outcome.parity_after_minor is 'What its price afterwards is above that of a new customer, in minor units of margin_currency; above zero is a breach; null where policy asks for no comparison or it could not be made.';
comment on column call_outcome.parity_refused_keys is 'Offers that were kept from the call since their price would have been above that of a new customer.';
comment on column call_outcome.neutral_reason is 'Why nothing is learnt from the call, whatever became of the customer: not_decided, unreadable, not_presented, only_owed or overridden; null where something is.';

update call_outcome set look_at = now()
where status_reason = 'overridden' and decided_at > now() - interval '400 days';
