-- From whom offers are kept. What concerns one customer is read together with their history; what
-- concerns everybody is kept in memory and looked at anew every moment.

create table suppression (
    customer_id      text        not null,
    suppression_id   uuid        not null,
    account_id       text,
    selection        text        not null,
    selected         text,
    suppressed_until timestamptz,
    for_ever         boolean     not null,
    reason_key       text        not null,
    suppressed_by    text        not null,
    suppressed_at    timestamptz not null,
    lifted_at        timestamptz,
    lifted_by        text,
    constraint suppression_pkey primary key (customer_id, suppression_id),
    constraint suppression_account_check check (account_id is null or customer_id <> ''),
    constraint suppression_selection_check check (
        (selection in ('all_offers', 'price_offers') and selected is null)
        or (selection in ('lever', 'offer') and selected is not null)),
    -- A missing end is never taken for no end.
    constraint suppression_end_check check (for_ever = (suppressed_until is null)),
    constraint suppression_lifted_check check ((lifted_at is null) = (lifted_by is null))
);
comment on table suppression is 'Offers kept from a customer, an account or everybody. Only lifting changes a row.';
comment on column suppression.customer_id is 'The customer; empty for everybody, which no customer is named.';
comment on column suppression.suppression_id is 'Names it; ordered by time.';
comment on column suppression.account_id is 'Only what is about this account; null for all of the customer.';
comment on column suppression.selection is 'Which offers: all_offers, price_offers, lever or offer.';
comment on column suppression.selected is 'The lever or the key of the offer.';
comment on column suppression.suppressed_until is 'It holds until then; null when it is for ever.';
comment on column suppression.for_ever is 'It has no end until it is lifted.';
comment on column suppression.reason_key is 'Why, as a short key.';
comment on column suppression.suppressed_by is 'Who asked for it.';
comment on column suppression.suppressed_at is 'When it began.';
comment on column suppression.lifted_at is 'When it was lifted; null while it was not.';
comment on column suppression.lifted_by is 'Who lifted it.';
-- The list of all of them goes by time.
create index suppression_newest_idx on suppression (suppression_id);
