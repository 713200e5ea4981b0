-- What ended before calls were noted is measured, too, as far back as facts are looked at again. In a
-- step of its own: with the trigger it would keep everybody waiting who leaves. A call that is noted
-- twice is measured once.
insert into call_to_measure (customer_id, session_id)
select customer_id, session_id from save_session
where occasion = 'cancel_call' and opened_at > now() - interval '400 days'
  and state in ('accepted', 'save_recorded', 'cancel_recorded', 'transferred', 'abandoned', 'closed');
