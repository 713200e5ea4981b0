-- The record of customers. Every customer-scoped table has customer_id first in its primary key,
-- so that all of them can be distributed by customer without a change of code.
-- Identifiers are compared byte by byte (collation "C"), everywhere and for good.

create table customer (
    customer_id  text collate "C" not null,
    revision     bigint not null,
    create_time  timestamptz not null,
    update_time  timestamptz not null,
    kind         smallint,
    display_name text not null,
    email        text not null,
    phone        text not null,
    jurisdiction text not null,
    language     text not null,
    deceased     boolean not null,
    vulnerable   boolean not null,
    do_not_offer boolean not null,
    constraint customer_pkey primary key (customer_id),
    constraint customer_id_length_check check (length(customer_id) between 1 and 64),
    constraint customer_revision_check check (revision > 0),
    constraint customer_kind_check check (kind between 1 and 2)
) with (fillfactor = 80);

comment on table customer is 'Persons and organisations as the company knows them; the only place of personal data';
comment on column customer.customer_id is 'Chosen by the caller';
comment on column customer.revision is 'Grows by one with each write that changes anything of the customer, in any table';
comment on column customer.create_time is 'When the customer was first recorded';
comment on column customer.update_time is 'When the revision was written';
comment on column customer.kind is 'Null not known, 1 person, 2 organisation';
comment on column customer.display_name is 'Name to address the customer by; personal data';
comment on column customer.email is 'E-mail address; personal data';
comment on column customer.phone is 'Phone number; personal data';
comment on column customer.jurisdiction is 'ISO 3166-1 or 3166-2; empty when not known';
comment on column customer.language is 'BCP 47; empty when not known';
comment on column customer.deceased is 'The customer has died';
comment on column customer.vulnerable is 'The customer needs particular care';
comment on column customer.do_not_offer is 'The customer asked never to be made an offer';

create table account (
    customer_id   text collate "C" not null,
    account_id    text collate "C" not null,
    business_line text collate "C" not null,
    open_time     timestamptz not null,
    constraint account_pkey primary key (customer_id, account_id),
    constraint account_customer_fk foreign key (customer_id) references customer (customer_id),
    constraint account_id_length_check check (length(account_id) between 1 and 64),
    constraint account_business_line_length_check check (length(business_line) between 1 and 64)
);

comment on table account is 'Commercial relationships of customers';
comment on column account.customer_id is 'Whose it is';
comment on column account.account_id is 'Chosen by the caller';
comment on column account.business_line is 'Business line whose rules apply; never changes';
comment on column account.open_time is 'When it was opened';

create table account_owner (
    account_id  text collate "C" not null,
    customer_id text collate "C" not null,
    constraint account_owner_pkey primary key (account_id),
    constraint account_owner_account_fk foreign key (customer_id, account_id)
        references account (customer_id, account_id) deferrable initially deferred
);

comment on table account_owner is 'Whose an account id is: keeps two customers from having the same. Apart from account, which is kept by customer';
comment on column account_owner.account_id is 'Account, unique over all customers';
comment on column account_owner.customer_id is 'Customer who has it';

create table subscription (
    customer_id         text collate "C" not null,
    subscription_id     text collate "C" not null,
    account_id          text collate "C" not null,
    product             text not null,
    relationship        smallint,
    contract_kind       smallint,
    standing            smallint not null,
    start_time          timestamptz not null,
    commitment_end_time timestamptz,
    service_end_time    timestamptz,
    billing_end_time    timestamptz,
    end_reason          smallint,
    end_reached         boolean not null default false,
    price_minor         bigint,
    currency            text collate "C",
    attributes          jsonb not null default '{}',
    constraint subscription_pkey primary key (customer_id, subscription_id),
    constraint subscription_account_fk foreign key (customer_id, account_id)
        references account (customer_id, account_id),
    constraint subscription_id_length_check check (length(subscription_id) between 1 and 64),
    constraint subscription_relationship_check check (relationship between 1 and 2),
    constraint subscription_contract_kind_check check (contract_kind between 1 and 5),
    constraint subscription_standing_check check (standing between 1 and 4),
    constraint subscription_end_reason_check check (end_reason between 1 and 12),
    constraint subscription_end_whole_check check (
        service_end_time is not null
        or (billing_end_time is null and end_reason is null and not end_reached)
    ),
    constraint subscription_end_order_check check (service_end_time >= start_time),
    constraint subscription_price_check check (price_minor >= 0),
    constraint subscription_price_currency_check check (price_minor is null or currency is not null),
    constraint subscription_currency_check check (currency ~ '^[A-Z]{3}$')
) with (fillfactor = 80);

-- What the sweep of due ends looks for: few rows, in the order in which they fall due.
create index subscription_pending_end_idx on subscription (service_end_time)
    where service_end_time is not null and not end_reached;

comment on table subscription is 'What customers can cancel, live and ended';
comment on column subscription.customer_id is 'Whose it is';
comment on column subscription.subscription_id is 'Chosen by the caller, unique for the customer';
comment on column subscription.account_id is 'Account it belongs to; never changes';
comment on column subscription.product is 'Product or plan';
comment on column subscription.relationship is 'Null not known, 1 contractual, 2 non-contractual';
comment on column subscription.contract_kind is 'Null not known, 1 month to month, 2 one year, 3 two years, 4 fixed term, 5 pay as you go';
comment on column subscription.standing is 'How it stands apart from its end: 1 prospect, 2 active, 3 paused, 4 suspended';
comment on column subscription.start_time is 'When service began';
comment on column subscription.commitment_end_time is 'When the commitment ends, if there is one';
comment on column subscription.service_end_time is 'When service ends or ended; null while no end is set';
comment on column subscription.billing_end_time is 'When billing ends or ended; may differ from the service end';
comment on column subscription.end_reason is 'Null not known, else the number of the end reason in the contract';
comment on column subscription.end_reached is 'The service end had come when the row was last written or swept';
comment on column subscription.price_minor is 'Price of one month in minor units; null without a recurring price';
comment on column subscription.currency is 'ISO 4217 currency of every amount of the subscription; that of the first one';
comment on column subscription.attributes is 'Further attributes by name, text to text';

-- Not partitioned by month, although events are dated: an event is recorded once per
-- (customer_id, event_id), whatever time a sender gives it the second time, and Postgres can keep
-- that promise only if the time is no part of the key. Hash partitions by customer_id would keep
-- it and can be introduced without a change of code.
create table event (
    customer_id     text collate "C" not null,
    event_id        text collate "C" not null,
    kind            smallint not null,
    event_time      timestamptz not null,
    record_time     timestamptz not null,
    subscription_id text collate "C",
    amount_minor    bigint,
    currency        text collate "C",
    quantity        bigint not null,
    detail          text not null,
    survey_score    smallint,
    constraint event_pkey primary key (customer_id, event_id),
    constraint event_customer_fk foreign key (customer_id) references customer (customer_id),
    constraint event_subscription_fk foreign key (customer_id, subscription_id)
        references subscription (customer_id, subscription_id),
    constraint event_id_length_check check (length(event_id) between 1 and 64),
    constraint event_kind_check check (kind between 1 and 7),
    constraint event_amount_check check (amount_minor >= 0),
    constraint event_amount_currency_check check ((amount_minor is null) = (currency is null)),
    constraint event_currency_check check (currency ~ '^[A-Z]{3}$'),
    constraint event_quantity_check check (quantity between 0 and 4294967295),
    constraint event_survey_score_check check (survey_score between 0 and 10)
);

create index event_newest_idx on event (customer_id, event_time desc, event_id desc);

comment on table event is 'What happened with customers; rows are added and never changed';
comment on column event.customer_id is 'With whom';
comment on column event.event_id is 'Chosen by the source, unique for the customer';
comment on column event.kind is '1 purchase, 2 payment, 3 payment failed, 4 usage, 5 contact, 6 survey, 7 referral';
comment on column event.event_time is 'When it happened';
comment on column event.record_time is 'When it was recorded';
comment on column event.subscription_id is 'Subscription it belongs to, if one';
comment on column event.amount_minor is 'Amount in minor units, where it has one';
comment on column event.currency is 'ISO 4217 currency of the amount';
comment on column event.quantity is 'How many; zero when not counted';
comment on column event.detail is 'Short key that says more';
comment on column event.survey_score is 'Score of a survey, 0 to 10';

create table incident (
    customer_id       text collate "C" not null,
    incident_id       text collate "C" not null,
    subscription_id   text collate "C",
    severity          smallint not null,
    responsible_party smallint,
    category          text not null,
    open_time         timestamptz not null,
    recovery_step     smallint,
    promise_due_time  timestamptz,
    promise_broken    boolean not null,
    resolve_time      timestamptz,
    outcome           text,
    constraint incident_pkey primary key (customer_id, incident_id),
    constraint incident_customer_fk foreign key (customer_id) references customer (customer_id),
    constraint incident_subscription_fk foreign key (customer_id, subscription_id)
        references subscription (customer_id, subscription_id),
    constraint incident_id_length_check check (length(incident_id) between 1 and 64),
    constraint incident_severity_check check (severity between 1 and 3),
    constraint incident_responsible_party_check check (responsible_party between 1 and 4),
    constraint incident_recovery_step_check check (recovery_step between 1 and 5),
    constraint incident_resolution_check check ((resolve_time is null) = (outcome is null)),
    constraint incident_resolve_order_check check (resolve_time >= open_time)
);

comment on table incident is 'What went wrong for customers, with its recovery';
comment on column incident.customer_id is 'For whom';
comment on column incident.incident_id is 'Chosen by the caller, unique for the customer';
comment on column incident.subscription_id is 'Subscription it touches; null when it touches the whole relationship';
comment on column incident.severity is '1 minor, 2 major, 3 critical';
comment on column incident.responsible_party is 'Null not known, 1 company, 2 partner, 3 customer, 4 nobody';
comment on column incident.category is 'What it is, as a short key';
comment on column incident.open_time is 'When it began';
comment on column incident.recovery_step is 'Null nothing done, 1 own, 2 explain, 3 act, 4 curb, 5 amend';
comment on column incident.promise_due_time is 'When the current promise to the customer is due';
comment on column incident.promise_broken is 'A promise was broken: a double deviation';
comment on column incident.resolve_time is 'When it was resolved; null while it is open';
comment on column incident.outcome is 'What came of it, as a short key; null while it is open';

create table consent (
    customer_id text collate "C" not null,
    channel     smallint not null,
    record_time timestamptz not null,
    state       smallint not null,
    source      text not null,
    constraint consent_pkey primary key (customer_id, channel, record_time, state),
    constraint consent_customer_fk foreign key (customer_id) references customer (customer_id),
    constraint consent_channel_check check (channel between 1 and 5),
    constraint consent_state_check check (state between 1 and 2)
);

comment on table consent is 'Everything customers said about being contacted; the latest of each channel counts, of the same instant the objection';
comment on column consent.customer_id is 'Who said it';
comment on column consent.channel is '1 phone, 2 e-mail, 3 text message, 4 letter, 5 application';
comment on column consent.record_time is 'When it was said';
comment on column consent.state is '1 granted, 2 objected';
comment on column consent.source is 'Where it was said, as a short key';

create table customer_snapshot (
    customer_id text collate "C" not null,
    revision    bigint not null,
    facts       json not null,
    constraint customer_snapshot_pkey primary key (customer_id),
    constraint customer_snapshot_customer_fk foreign key (customer_id) references customer (customer_id)
) with (fillfactor = 70);

comment on table customer_snapshot is 'The facts of each customer at its latest revision, folded when it was written: what the hot path reads';
comment on column customer_snapshot.customer_id is 'Whose facts';
comment on column customer_snapshot.revision is 'Revision that the facts show';
comment on column customer_snapshot.facts is 'Facts as the domain has them; no personal data';
