insert into life_table_model (version, fit_time, sample_size, event_count)
values ($1, $2, $3, $4)
