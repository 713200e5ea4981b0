-- Customers that turned out to be one person, and the ids that are other names of them.

create table customer_alias (
    alias_customer_id text collate "C" not null,
    customer_id       text collate "C" not null,
    merge_time        timestamptz not null,
    constraint customer_alias_pkey primary key (alias_customer_id),
    constraint customer_alias_customer_fk foreign key (customer_id) references customer (customer_id),
    constraint customer_alias_another_check check (alias_customer_id <> customer_id)
);
create index customer_alias_customer_idx on customer_alias (customer_id);

comment on table customer_alias is 'Ids of customers that were merged into others. An alias has no row in any other table, and never becomes a customer again; looked up by the id that callers know, so this is its key';
comment on column customer_alias.alias_customer_id is 'The id that is another name';
comment on column customer_alias.customer_id is 'The customer that stays; never an alias itself';
comment on column customer_alias.merge_time is 'When the id became another name of the one that stays';

-- So that a merge may move the rows of a customer table by table, and is checked at its end.
alter table account alter constraint account_customer_fk deferrable initially immediate;
alter table subscription alter constraint subscription_account_fk deferrable initially immediate;
alter table event alter constraint event_customer_fk deferrable initially immediate;
alter table event alter constraint event_subscription_fk deferrable initially immediate;
alter table incident alter constraint incident_customer_fk deferrable initially immediate;
alter table incident alter constraint incident_subscription_fk deferrable initially immediate;
alter table consent alter constraint consent_customer_fk deferrable initially immediate;
comment on table event is 'What happened with customers; rows are added and never changed, but for whose they are when customers are merged';
