insert into fitted_model
    (version, kind, fit_time, sample_size, event_count, artifact, evaluation)
values ($1, $2, $3, $4, $5, $6::text::json, $7::text::json)
