-- Customers whom profiles found to be one person. What was recorded stays under the id that the desk
-- used then; whatever counts, counts what is recorded under all ids of the person.

create table customer_identity (
    customer_id        text        not null,
    stays_customer_id  text        not null,
    learnt_at          timestamptz not null,
    constraint customer_identity_pkey primary key (customer_id),
    constraint customer_identity_another_check check (customer_id <> stays_customer_id)
);
create index customer_identity_stays_idx on customer_identity (stays_customer_id);
comment on table customer_identity is 'Ids that are other names of a customer, as the feed of profiles told; kept here, so that leaving and accepting need nobody else';
comment on column customer_identity.customer_id is 'The id that is another name';
comment on column customer_identity.stays_customer_id is 'The customer that stays; never another name itself';
comment on column customer_identity.learnt_at is 'When this service learnt of it';

-- The id under which a customer goes on.
create function stays_of(of_customer text) returns text
language sql stable as $$
    select coalesce((select stays_customer_id from customer_identity where customer_id = of_customer),
                    of_customer)
$$;
comment on function stays_of(text) is 'The id under which a customer goes on, given any of their ids';

-- All ids of a customer, the one given among them.
create function identities_of(of_customer text) returns text[]
language sql stable as $$
    select array_agg(id order by id) from (
        select of_customer union select stays_of(of_customer)
        union
        select customer_id from customer_identity where stays_customer_id = stays_of(of_customer)
    ) as known (id)
$$;
comment on function identities_of(text) is 'All ids of a customer, sorted, given any of them';

-- Learns that an id is another name, in whatever order the news come, and as often as they come.
create function learn_identity(alias text, stays text) returns void
language plpgsql as $$
begin
    -- Whom it stands for may have become another name since.
    stays := stays_of(stays);
    if alias = stays then
        return;
    end if;
    update customer_identity set stays_customer_id = stays where stays_customer_id = alias;
    insert into customer_identity (customer_id, stays_customer_id, learnt_at)
    values (alias, stays, now())
    on conflict on constraint customer_identity_pkey
    do update set stays_customer_id = excluded.stays_customer_id;
end
$$;
comment on function learn_identity(text, text) is 'Makes an id another name of a customer; doing it again changes nothing';
