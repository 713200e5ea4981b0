-- An override is a decision of its own. Its steps come after those that a desk can ask for, so that a
-- later step of the contact never finds it in its place.
alter table decision drop constraint decision_step_check;
alter table decision add constraint decision_step_check check (step between 1 and 200);
comment on column decision.step is 'The step within the contact, from 1; from 101 on, overrides in their order.';
