insert into foreign_model_file (version, trained_by, description, sha256, content)
values ($1, $2, $3, sha256($4), $4)
returning sha256
