-- What the law and custom ask of a contact, as versions that never change.

create table contact_rule_set (
    version      bigint not null,
    publish_time timestamptz not null,
    content      jsonb not null,
    constraint contact_rule_set_pkey primary key (version),
    constraint contact_rule_set_version_check check (version > 0)
);
comment on table contact_rule_set is 'Versions of the contact rules; the highest is in force';
comment on column contact_rule_set.version is 'Counted from one, without gaps';
comment on column contact_rule_set.publish_time is 'When it was published';
comment on column contact_rule_set.content is 'Rules and places as the domain has them, checked when they were published; about nobody';
