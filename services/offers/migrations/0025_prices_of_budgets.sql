-- What a unit must return is worked out for each budget: that one is nearly used up says nothing about
-- what another pays for.
alter table learned add column prices jsonb not null default '{}';
comment on column learned.prices is 'What a unit of each budget must return beside itself, by its key; budgets that have enough are not named.';
comment on column learned.price is 'The highest of prices; zero where there is enough of every budget.';
