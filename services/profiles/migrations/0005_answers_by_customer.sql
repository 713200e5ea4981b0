-- An answer says whom it is about, so that erasing a person finds what was answered about them, and
-- nothing else, without reading all answers.

alter table request_log add column customer_ids text[] collate "C";
comment on column request_log.customer_ids is 'Customers whom the answer names, filled in with it; empty where it names none; null while it is not known whom: in a claim that is not carried out yet, and in an answer that the version before this column wrote, until a job has read it';
create index request_log_customer_ids_idx on request_log using gin (customer_ids);
-- What the job has still to read: nothing, once it is through.
create index request_log_unread_idx on request_log (request_id) where customer_ids is null;

-- Erasing deletes the news of a customer, too.
create index outbox_key_idx on outbox (key);
