select model.version, model.kind, model.fit_time, model.sample_size, model.event_count,
       model.evaluation::text as evaluation, model.artifact::text as artifact,
       coalesce(model.version = (select activation.version from model_activation activation
                                 where activation.kind = model.kind
                                 order by activation.activation desc limit 1), false) as "active!",
       file.trained_by as "trained_by?", file.description as "description?",
       file.sha256 as "sha256?", octet_length(file.content) as file_bytes,
       sha256(file.content) = file.sha256 as is_whole
from fitted_model model
left join foreign_model_file file on file.version = model.version
where model.version = $1
