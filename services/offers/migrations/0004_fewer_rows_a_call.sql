-- Every call writes what is below, so each row and index entry saved is saved a thousand times a
-- second.

-- A hold belongs to exactly one presented offer and lives and ends with it: one row, not two.
alter table presented_offer
    add column hold_state text,
    add column cost_minor bigint,
    add column currency text,
    add column settled_at timestamptz;
update presented_offer offer
set hold_state = hold.state, cost_minor = hold.cost_minor, currency = hold.currency,
    settled_at = hold.settled_at
from hold
where hold.customer_id = offer.customer_id and hold.presented_offer_id = offer.presented_offer_id;
alter table presented_offer
    alter column hold_state set not null,
    alter column cost_minor set not null,
    alter column currency set not null,
    add constraint presented_offer_hold_state_check
        check (hold_state in ('held', 'committed', 'released', 'expired')),
    add constraint presented_offer_cost_check check (cost_minor >= 0);
drop table hold;
comment on column presented_offer.hold_state is 'The reservation behind the offer: it makes the promise honourable until it expires.';
comment on column presented_offer.cost_minor is 'What the hold reserves, in minor units.';
comment on column presented_offer.currency is 'ISO 4217, of the cost.';
comment on column presented_offer.settled_at is 'When the hold was committed, released or expired.';

-- A customer has few decisions, so that one of them is found by its id without an index of its own.
alter table decision
    drop constraint decision_pkey,
    drop constraint decision_step_key,
    add constraint decision_pkey primary key (customer_id, session_id, step);

-- Compressed and kept in the row where it fits: fewer pages, less log to write before each commit,
-- and no second table to insert into. A server built without lz4 takes its own way.
alter table decision alter column record set storage main;
do $$
begin
    alter table decision alter column record set compression lz4;
exception when feature_not_supported then
    raise notice 'this server has no lz4: records are compressed with pglz';
end
$$;

-- That a session was opened is said by its row, and what was decided first by that decision's:
-- stored events are those that came later. What an offer promised stands in its decision.
delete from session_event
where (sequence = 1 and kind = 'opened') or (sequence = 2 and kind in ('offered', 'let_go'));
comment on table session_event is 'What happened in a session after its first decision, in order; append-only.';
alter table presented_offer drop column offer;
