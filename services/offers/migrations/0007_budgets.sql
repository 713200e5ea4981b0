-- What offers may cost in all: budgets with their windows, what is held and committed of each, and
-- the ledger of every movement.

create table budget (
    budget_key    text        not null,
    revision      bigint      not null,
    currency      text,
    limit_amount  bigint      not null,
    window_kind      text        not null,
    opens_at      timestamptz,
    closes_at     timestamptz,
    bucket_count  smallint    not null,
    updated_at    timestamptz not null,
    constraint budget_pkey primary key (budget_key),
    constraint budget_revision_check check (revision > 0),
    constraint budget_limit_check check (limit_amount >= 0),
    constraint budget_window_kind_check check (window_kind in ('endless', 'calendar_day', 'calendar_month', 'fixed')),
    constraint budget_fixed_check check (case when window_kind = 'fixed'
        then opens_at is not null and closes_at is not null and opens_at < closes_at
        else opens_at is null and closes_at is null end),
    constraint budget_bucket_count_check check (bucket_count between 1 and 64)
);
comment on table budget is 'A limit on money, or on a number of offers, for each window.';
comment on column budget.budget_key is 'Names it in the catalogue.';
comment on column budget.revision is 'Counts its changes, from one.';
comment on column budget.currency is 'ISO 4217; null for a budget that counts offers.';
comment on column budget.limit_amount is 'The limit of one window: minor units, or a number of offers.';
comment on column budget.window_kind is 'For which time the limit is.';
comment on column budget.opens_at is 'When a fixed window begins.';
comment on column budget.closes_at is 'When a fixed window is over.';
comment on column budget.bucket_count is 'In how many parts a window is kept.';
comment on column budget.updated_at is 'When it last changed.';

-- When the window of a budget began that an instant lies in; null outside a fixed one. Calendars
-- are of UTC.
create function budget_window_start(window_kind text, opens_at timestamptz, closes_at timestamptz, at timestamptz)
returns timestamptz language sql stable parallel safe as $$
    select case window_kind
        when 'endless' then timestamptz '1970-01-01 00:00:00+00'
        when 'calendar_day' then date_trunc('day', at, 'UTC')
        when 'calendar_month' then date_trunc('month', at, 'UTC')
        when 'fixed' then case when at >= opens_at and at < closes_at then opens_at end
    end
$$;

create table budget_bucket (
    budget_key    text        not null,
    window_start  timestamptz not null,
    bucket        smallint    not null,
    limit_part    bigint      not null,
    held          bigint      not null default 0,
    committed     bigint      not null default 0,
    constraint budget_bucket_pkey primary key (budget_key, window_start, bucket),
    constraint budget_bucket_held_check check (held >= 0),
    constraint budget_bucket_committed_check check (committed >= 0),
    constraint budget_bucket_limit_check check (held + committed <= limit_part)
) with (fillfactor = 50);
comment on table budget_bucket is 'A part of a budget in one window; several so that many can be served at once. What is held and committed never exceeds the part.';
comment on column budget_bucket.budget_key is 'The budget.';
comment on column budget_bucket.window_start is 'When the window began; 1970 for an endless one.';
comment on column budget_bucket.bucket is 'The part, from zero.';
comment on column budget_bucket.limit_part is 'Its share of the limit; the shares of a window add up to it.';
comment on column budget_bucket.held is 'Held for offers that wait for an answer.';
comment on column budget_bucket.committed is 'Committed to offers that were accepted.';

create table budget_hold (
    customer_id         text        not null,
    presented_offer_id  uuid        not null,
    attempt             smallint    not null,
    bucket              smallint    not null,
    budget_key          text        not null,
    window_start        timestamptz not null,
    amount              bigint      not null,
    state               text        not null,
    held_at             timestamptz not null,
    settled_at          timestamptz,
    constraint budget_hold_pkey primary key (customer_id, presented_offer_id, attempt, bucket),
    constraint budget_hold_amount_check check (amount > 0),
    constraint budget_hold_attempt_check check (attempt > 0),
    constraint budget_hold_state_check check (state in ('held', 'committed', 'released', 'expired', 'refunded'))
);
comment on table budget_hold is 'What a presented offer takes of a part of a budget.';
comment on column budget_hold.customer_id is 'The customer.';
comment on column budget_hold.presented_offer_id is 'The offer it is for.';
comment on column budget_hold.budget_key is 'The budget.';
comment on column budget_hold.window_start is 'The window.';
comment on column budget_hold.state is 'What became of it.';
comment on column budget_hold.attempt is 'From one; reserving again for a promise that could not be kept counts on.';
comment on column budget_hold.bucket is 'The part; an amount may be spread over several.';
comment on column budget_hold.amount is 'Minor units, or one where offers are counted.';
comment on column budget_hold.held_at is 'When it was reserved.';
comment on column budget_hold.settled_at is 'When its state last changed; null while it is held.';
create index budget_hold_budget_idx on budget_hold (budget_key, window_start);

create table budget_entry (
    customer_id         text        not null,
    presented_offer_id  uuid        not null,
    attempt             smallint    not null,
    bucket              smallint    not null,
    kind                text        not null,
    budget_key          text        not null,
    window_start        timestamptz not null,
    amount              bigint      not null,
    entry_id            bigint      not null generated always as identity,
    entered_at          timestamptz not null,
    constraint budget_entry_pkey primary key (customer_id, presented_offer_id, attempt, bucket, kind),
    constraint budget_entry_kind_check check (kind in ('hold', 'commit', 'release', 'expire', 'refund')),
    constraint budget_entry_amount_check check (amount > 0)
);
comment on table budget_entry is 'The ledger: every movement of a hold, append-only. Its key lets none happen twice.';
comment on column budget_entry.customer_id is 'The customer.';
comment on column budget_entry.presented_offer_id is 'The offer.';
comment on column budget_entry.attempt is 'The attempt of the hold.';
comment on column budget_entry.bucket is 'The part.';
comment on column budget_entry.budget_key is 'The budget.';
comment on column budget_entry.window_start is 'The window.';
comment on column budget_entry.amount is 'How much.';
comment on column budget_entry.kind is 'hold: taken; commit: spent; release and expire: given back; refund: given back after it was spent.';
comment on column budget_entry.entry_id is 'Names the entry.';
comment on column budget_entry.entered_at is 'When it was written.';
create index budget_entry_budget_idx on budget_entry (budget_key, window_start);

create function budget_entry_stands() returns trigger language plpgsql as $$
begin
    raise exception 'the ledger is append-only';
end
$$;
create trigger budget_entry_append_only before update or delete on budget_entry
    for each statement execute function budget_entry_stands();

create table budget_return (
    customer_id         text        not null,
    presented_offer_id  uuid        not null,
    refund              boolean     not null,
    noted_at            timestamptz not null,
    constraint budget_return_pkey primary key (customer_id, presented_offer_id)
);
comment on table budget_return is 'What a customer who left gives back to budgets that were busy at that moment; done soon after and removed. Leaving does not wait for budgets.';
comment on column budget_return.customer_id is 'The customer.';
comment on column budget_return.presented_offer_id is 'The offer.';
comment on column budget_return.refund is 'It had been accepted; otherwise it was held.';
comment on column budget_return.noted_at is 'When the customer left.';
create index budget_return_noted_at_idx on budget_return (noted_at);
