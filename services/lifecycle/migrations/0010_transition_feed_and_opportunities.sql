-- The place of each change of stage among all changes, so that they can be followed. Rows of before
-- get places customer by customer, in their order, as if this transaction had written them.
alter table stage_transition
    add column transaction_id xid8 not null default pg_current_xact_id(),
    add column id bigint;
update stage_transition as change set id = placed.id
from (
    select customer_id, number, row_number() over (order by customer_id, number) as id
    from stage_transition
) as placed
where placed.customer_id = change.customer_id and placed.number = change.number;
alter table stage_transition alter column id set not null;
alter table stage_transition alter column id add generated always as identity;
select setval(pg_get_serial_sequence('stage_transition', 'id'), coalesce(max(id), 0) + 1, false)
from stage_transition;
create unique index stage_transition_position_idx on stage_transition (transaction_id, id);

comment on column stage_transition.transaction_id is 'Transaction that wrote the row: with id, its position among all changes';
comment on column stage_transition.id is 'Orders rows within one transaction; never paged by alone, since ids become visible out of order';

-- Lines whose customers buy at opportunities. The program before this one writes rows without.
alter table business_line_rules
    add column opportunity_days integer,
    add constraint business_line_rules_opportunity_check check (opportunity_days > 0);

comment on column business_line_rules.opportunity_days is 'How many days lie between two opportunities to buy; null where customers buy whenever they like';
