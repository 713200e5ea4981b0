-- A refusal is never forgotten, whatever state the session goes to: after a cancellation, too.
alter table save_session add column refused boolean not null default false;
comment on column save_session.refused is 'The customer refused offers on the way to the state; true also where only the state says so.';

-- Who accepts an offer after they left stays: the cancellation is revoked and kept, and they may
-- leave again, with a new acknowledgement.
alter table cancellation
    add column revoked_at timestamptz,
    drop constraint cancellation_session_key;
create unique index cancellation_standing_key on cancellation (customer_id, session_id)
    where revoked_at is null;
comment on table cancellation is 'A confirmed cancellation with its acknowledgement; revoked or not, never changed otherwise.';
comment on column cancellation.revoked_at is 'When an acceptance undid it; null while it stands.';

-- How it ends; the steps follow from it.
alter table cancellation
    add column exit_type text,
    add column keep_in_touch text,
    add column cancel_deadline_at timestamptz,
    add constraint cancellation_exit_type_check
        check (exit_type in ('termination', 'withdrawal', 'move', 'deceased')),
    add constraint cancellation_keep_in_touch_check
        check (keep_in_touch in ('wanted', 'not_wanted'));
comment on column cancellation.exit_type is 'How the subscription ends; null, as a termination, where it was confirmed before this was kept.';
comment on column cancellation.keep_in_touch is 'What the customer chose about hearing from the company later; null when they did not.';
comment on column cancellation.cancel_deadline_at is 'By when policy wants it carried out; null when policy was not known.';
