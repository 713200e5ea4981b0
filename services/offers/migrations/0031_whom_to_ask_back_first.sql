-- Lists of those who left read the largest expected value of a currency first, and go on from page to
-- page where the last one ended. Amounts of different currencies have no order, so the currency comes
-- first, and who has none comes after all codes of ISO 4217. As a float no product overflows, and it is
-- negative so that all columns of a page's end can be compared at once.

create index departure_win_back_idx on departure (
    (coalesce(currency, 'ZZZ')),
    (coalesce(-(expected_return * value_minor), 'infinity'::double precision)),
    cancellation_id
);
