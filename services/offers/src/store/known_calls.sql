-- What became of calls, for learning: after session $1, at most $4; those decided from $2 until before $3
-- count. A page is of sessions alone: a time beside that makes the planner, who does not know how long it
-- is, read everything of that time and sort it for every page.
--
-- A call counts for the offer that was decided first, if the customer heard it, and for no offer where
-- that was drawn or the customer is held out and heard none. The reason is that of the call: one that is
-- given with a cancellation is known of those alone who left.
with page as (
    select * from call_outcome
    where session_id > $1
    order by session_id limit $4
)
select page.session_id, page.decided_at as "decided_at: jiff_sqlx::Timestamp",
       case when session.session_id is null then page.reason_key else session.reason end as reason,
       page.monthly_margin_minor, page.margin_currency, page.tenure_days,
       case when page.held_out or page.compared_offer_key is null then 'no_offer'
           else page.compared_offer_key end as "arm!",
       page.status is not distinct from 'left' as "left!",
       (page.accepted_at is not null and page.offer_key is distinct from page.compared_offer_key)
           as "took_another!",
       page.here_30_days, page.durable,
       (page.decided_at >= $2 and page.decided_at < $3
           and page.status is not null and page.status not in ('excluded', 'invalid_save')
           and page.neutral_reason is null and not page.overridden and page.tenure_days is not null
           and case
               when page.compared_offer_key is null
                   then page.let_go_reason is not distinct from 'NO_OFFER_DRAWN'
               when page.held_out then page.offer_key is null
               when page.offer_key = page.compared_offer_key
                   then page.offer_outcome in ('presented', 'accepted', 'declined')
               else exists (select from presented_offer heard
                   where heard.customer_id = page.customer_id and heard.session_id = page.session_id
                     and heard.offer_key = page.compared_offer_key
                     and heard.outcome in ('presented', 'accepted', 'declined'))
               end) as "counts!"
from page left join save_session session using (customer_id, session_id)
order by page.session_id
