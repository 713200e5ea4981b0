-- Once profiles has carried out the end of a subscription its facts are newer than what the desk
-- remembers: whoever is reinstated there does not leave.
alter table cancellation add column profiles_revision bigint;
comment on column cancellation.profiles_revision is 'The revision of the customer with which profiles carried it out; null while it has not.';
