insert into active_model (kind, version) values ('life_table', $1)
on conflict on constraint active_model_pkey do update set version = excluded.version
