-- What was answered about the person is not remembered: an answer names ids. A retry is refused, as
-- the person is.
delete from request_log
where customer_ids && $1
