update scoring_run set end_time = $1
where end_time is null
  and not exists (select from scoring_range
                  where scoring_range.run = scoring_run.number and done_time is null)
