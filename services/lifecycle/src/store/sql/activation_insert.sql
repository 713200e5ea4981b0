insert into model_activation (kind, version, activate_time, activated_by, forced, reason)
values ($1, $2, $3, $4, $5, $6)
