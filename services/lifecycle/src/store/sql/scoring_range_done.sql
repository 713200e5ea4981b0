update scoring_range
set done_time = $3, customer_count = $4, scored_count = $5, unreadable_count = $6,
    transition_count = $7
where run = $1 and number = $2
