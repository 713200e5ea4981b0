-- Persons who were erased. What adds up stays as it was: budgets, holds, the ledger, how many offers
-- were made and accepted, what became of calls. All of it goes on under a pseudonym that leads to
-- nobody, without what was said.

alter table save_session add column erased_at timestamptz;
comment on column save_session.erased_at is 'When the person of the call was erased: the content is gone and can no longer be compared with the hashes, which stand as they were, for comparison with a copy that was exported before; null for everybody else';

-- The ledger says for ever what was moved; whose it was may be forgotten.
create or replace function budget_entry_stands() returns trigger language plpgsql as $$
begin
    if tg_op = 'UPDATE' and current_setting('rekindle.erasing', true) = 'on'
       and to_jsonb(new) - 'customer_id' = to_jsonb(old) - 'customer_id' then
        return new;
    end if;
    raise exception 'the ledger is append-only';
end
$$;
drop trigger budget_entry_append_only on budget_entry;
create trigger budget_entry_append_only before update or delete on budget_entry
    for each row execute function budget_entry_stands();

-- Erases what is kept under one id of a person. Sums and hashes stay; `rekeyed` are the tables whose
-- rows go on under a pseudonym, `forgotten` those whose rows go. Tables are named by the program,
-- in one place, so that none is left out.
create function erase_customer(of_customer text, rekeyed text[], forgotten text[]) returns void
language plpgsql as $$
declare
    pseudonym text := 'erased-' || gen_random_uuid();
    of_table text;
begin
    perform set_config('rekindle.erasing', 'on', true);
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
comment on function erase_customer(text, text[], text[]) is 'Erases what is kept under one id of a person, in the transaction of the caller, who holds the lock on the customer; for whoever is erased already it changes nothing';
