delete from scoring_run where number <= $1::bigint - 100
