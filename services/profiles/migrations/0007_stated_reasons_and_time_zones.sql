-- What customers said when a subscription ended, as keys, and where in time they live.

alter table subscription
    add column stated_reason   text collate "C" not null default '',
    add column reason_category text collate "C" not null default '',
    add constraint subscription_stated_reason_check check (stated_reason ~ '^([a-z][a-z0-9_]{0,63})?$'),
    add constraint subscription_reason_category_check check (reason_category ~ '^([a-z][a-z0-9_]{0,63})?$');
comment on column subscription.stated_reason is 'What the customer said when it ended, as a key of the reason tree and never in words; empty when nothing was said or what was said is sensitive';
comment on column subscription.reason_category is 'Category of what was said; empty when nothing was said';

-- The version before this one undoes an end without knowing that something was said with it.
create function subscription_without_end_says_nothing() returns trigger
language plpgsql as $$
begin
    new.stated_reason := '';
    new.reason_category := '';
    return new;
end
$$;
comment on function subscription_without_end_says_nothing() is 'Forgets what was said when the end is undone that it was said about';
create trigger subscription_end_undone before insert or update on subscription
    for each row
    when (new.service_end_time is null and (new.stated_reason <> '' or new.reason_category <> ''))
    execute function subscription_without_end_says_nothing();

alter table customer add column time_zone text not null default '';
comment on column customer.time_zone is 'IANA name of the time zone the customer lives in; empty when not known';
