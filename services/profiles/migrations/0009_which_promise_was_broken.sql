-- Which promise was broken, so that the same breach is not told twice: once by its date, once by who
-- records it. Breaches of before name none.

alter table incident add column broken_promise_due_time timestamptz;
comment on column incident.broken_promise_due_time is 'When the promise that was broken last was due; null where none was, and where it is not known';
