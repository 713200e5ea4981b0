-- What was answered about the person is not remembered: an answer holds ids. A retry is refused, as
-- the person is.
delete from request_log
where exists (
    select from unnest($1::bytea[]) as needle (part)
    where position(needle.part in response) > 0
)
