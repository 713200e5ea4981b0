-- Whatever is written under an id after it was erased is erased as well: a first decision that was under
-- way meanwhile, or somebody who was erased and rings again. Nobody waits for it, and nobody is kept
-- from leaving: what is owed is noted, and a job sees to it.

create table erased_identity (
    identity_digest bytea       not null,
    erased_at       timestamptz not null,
    constraint erased_identity_pkey primary key (identity_digest),
    constraint erased_identity_digest_check check (octet_length(identity_digest) = 32)
);
comment on table erased_identity is 'Ids of persons who were erased, as digests, so that what is written under one later is found. Whoever has an id can find out that it was erased, and nothing else.';
comment on column erased_identity.identity_digest is 'SHA-256 over the id, led by its purpose; one row for each id of the person.';
comment on column erased_identity.erased_at is 'When it was first erased here.';

create function erased_identity_digest(of_customer text) returns bytea
language sql stable as $$
    select sha256(string_agg(int8send(octet_length(part)) || convert_to(part, 'UTF8'), ''::bytea order by place))
    from (values (1, 'rekindle erased customer of the desk 1'), (2, of_customer)) as framed (place, part)
$$;
comment on function erased_identity_digest(text) is 'The digest under which an id is kept that was erased.';

-- Under a key of its own, so that nobody who leaves waits for whoever erases.
create table erasure_owed (
    customer_id  text        not null,
    note_id      bigint      not null generated always as identity,
    attempts     integer     not null default 0,
    due_at       timestamptz not null default now(),
    constraint erasure_owed_pkey primary key (customer_id, note_id),
    constraint erasure_owed_attempts_check check (attempts >= 0)
);
create index erasure_owed_due_at_idx on erasure_owed (due_at);
comment on table erasure_owed is 'Ids that are to be erased and are not yet: news of an erasure that could not be carried out at once, and what was written under an id after its erasure. The rows of an id go with it.';
comment on column erasure_owed.customer_id is 'The id to erase.';
comment on column erasure_owed.note_id is 'Names the note; one id may have several.';
comment on column erasure_owed.attempts is 'How often it was tried in vain since it was noted.';
comment on column erasure_owed.due_at is 'When it is tried next.';

create function note_erasure_owed() returns trigger
language plpgsql as $$
begin
    if exists (select from erased_identity
               where identity_digest = erased_identity_digest(new.customer_id)) then
        insert into erasure_owed (customer_id) values (new.customer_id);
    end if;
    return null;
end
$$;
comment on function note_erasure_owed() is 'Notes an id that was erased and is written under again.';

-- Every session ends, at the latest when nobody comes back to it. A first decision does not wait for this.
create trigger save_session_erasure_owed
    after update of state on save_session for each row
    when (new.erased_at is null and new.state is distinct from old.state and new.state in (
        'accepted', 'save_recorded', 'cancel_recorded', 'transferred', 'abandoned', 'closed'))
    execute function note_erasure_owed();
create trigger suppression_erasure_owed
    after insert on suppression for each row
    execute function note_erasure_owed();

-- As before, and the digest of the id is kept.
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

comment on column call_outcome.reason_key is 'The reason stated, as a key of the reason tree; null where none was given. It stays when the person is erased: a key that many share, in a row under a pseudonym that leads to no call, no customer and no words of theirs, and without it what became of calls would add up to something else';
