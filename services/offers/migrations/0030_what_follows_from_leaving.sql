-- What is known of somebody when they leave, for what follows: what they chose about hearing from the
-- company, what is told of their reason, and whether, when and about what they are asked back.

alter table cancellation
    drop constraint cancellation_exit_type_check,
    add constraint cancellation_exit_type_check
        check (exit_type in ('termination', 'withdrawal', 'move', 'deceased', 'involuntary'));

create table departure (
    customer_id       text             not null,
    cancellation_id   uuid             not null,
    stated_reason     text,
    reason_category   text,
    business_line     text,
    wanted_channels   text[]           not null,
    refused_channels  text[]           not null,
    sign_off_call     boolean          not null,
    expected_return   double precision,
    value_minor       bigint,
    monthly_margin_minor bigint,
    currency          text,
    asked_back_as     text,
    ask_back_at       timestamptz,
    ask_back_until    timestamptz,
    theme             text,
    not_asked_back    text,
    holdout_key       text,
    held_out          boolean          not null,
    constraint departure_pkey primary key (customer_id, cancellation_id),
    constraint departure_expected_return_check check (expected_return between 0 and 1),
    constraint departure_asked_back_as_check check (asked_back_as in ('win_back', 'follow')),
    constraint departure_asked_back_check check ((asked_back_as is null) = (not_asked_back is not null))
);
comment on table departure is 'What is known of somebody who left on a call, one row for each cancellation; cancellations of before have none.';
comment on column departure.cancellation_id is 'The cancellation.';
comment on column departure.stated_reason is 'The reason stated, as a key of the reason tree; null where none was, and where it is sensitive.';
comment on column departure.reason_category is 'The category of the reason, also of a sensitive one; null where none was stated.';
comment on column departure.business_line is 'The business line of the subscription; null where nobody knew the customer.';
comment on column departure.wanted_channels is 'The channels on which they want to hear from the company and said so.';
comment on column departure.refused_channels is 'The channels on which they do not and said so.';
comment on column departure.sign_off_call is 'The exit plan has a call to say goodbye.';
comment on column departure.expected_return is 'The share of those who leave for the reason that is expected back, by the catalogue then; that of no stated reason where none was stated.';
comment on column departure.value_minor is 'What the subscription was still worth as the call knew it, in minor units of currency; null where nothing was estimated.';
comment on column departure.monthly_margin_minor is 'The margin of one month as the call knew it, likewise.';
comment on column departure.currency is 'The currency of both; null where there is none.';
comment on column departure.asked_back_as is 'win_back: they are asked back; follow: they are asked once whether the need came back; null where neither is.';
comment on column departure.ask_back_at is 'When; null where they are not.';
comment on column departure.ask_back_until is 'Until when it may be asked; null where they are not, and where no policy was known.';
comment on column departure.theme is 'What to speak of then.';
comment on column departure.not_asked_back is 'Why they are not asked back: deceased, do_not_offer, keep_in_touch_refused, never, sensitive, window_over, held_out or erased; null where they are.';
comment on column departure.holdout_key is 'The holdout in force; null where there was none.';
comment on column departure.held_out is 'They are held out of being asked back, whatever else would keep them from it.';

create table exit_satisfaction (
    customer_id      text        not null,
    cancellation_id  uuid        not null,
    score            smallint    not null,
    reason_key       text        not null,
    recorded_at      timestamptz not null,
    constraint exit_satisfaction_pkey primary key (customer_id, cancellation_id),
    constraint exit_satisfaction_score_check check (score between 0 and 10)
);
comment on table exit_satisfaction is 'How content somebody was with how they could leave; said once for a cancellation.';
comment on column exit_satisfaction.cancellation_id is 'The cancellation.';
comment on column exit_satisfaction.score is '0, not at all, to 10.';
comment on column exit_satisfaction.reason_key is 'What it was mostly about, as a short key; empty where nothing was said.';
comment on column exit_satisfaction.recorded_at is 'When it was said.';

-- As before, and nothing is left of why somebody left, nor anybody to ask back.
create or replace function erase_customer(of_customer text, rekeyed text[], forgotten text[]) returns void
language plpgsql as $$
declare
    pseudonym text := 'erased-' || gen_random_uuid();
    of_table text;
begin
    perform set_config('rekindle.erasing', 'on', true);
    insert into erased_identity (identity_digest, erased_at)
    values (erased_identity_digest(of_customer), now())
    on conflict on constraint erased_identity_pkey do nothing;
    -- Nobody comes back to what is under way.
    perform abandon_session(customer_id, session_id) from save_session
    where customer_id = of_customer
      and state in ('opened', 'intent_stated', 'disclosed', 'permission_asked', 'offered',
                    'declined', 'cancel_reaffirmed');
    update save_session
    set contact_id = session_id::text, subscription_id = 'erased', reason = null, erased_at = now()
    where customer_id = of_customer;
    update decision set record = '' where customer_id = of_customer;
    update cancellation
    set contact_id = cancellation_id::text, subscription_id = 'erased', reason = null
    where customer_id = of_customer;
    update departure
    set stated_reason = null, reason_category = null, asked_back_as = null, ask_back_at = null,
        ask_back_until = null, theme = null, not_asked_back = 'erased'
    where customer_id = of_customer;
    update exit_satisfaction set reason_key = '' where customer_id = of_customer;
    -- Ids that the program drew say nothing of anybody.
    update session_event set detail = ''
    where customer_id = of_customer and detail !~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$';
    update call_outcome set subscription_id = 'erased', look_at = null
    where customer_id = of_customer;
    update promise_task
    set resolution = 'customer_released', closed_at = now(), closed_by = 'erasure'
    where customer_id = of_customer and resolution is null;
    delete from customer_identity
    where customer_id = of_customer or stays_customer_id = of_customer;
    -- Orders about what profiles has erased, too.
    delete from outbox where key = of_customer;
    foreach of_table in array forgotten loop
        execute format('delete from %I where customer_id = $1', of_table) using of_customer;
    end loop;
    foreach of_table in array rekeyed loop
        execute format('update %I set customer_id = $2 where customer_id = $1', of_table)
        using of_customer, pseudonym;
    end loop;
    perform set_config('rekindle.erasing', 'off', true);
end
$$;
