with left_out as (delete from scoring_range where run = $1 and done_time is null)
update scoring_run set end_time = $2 where number = $1 and end_time is null
