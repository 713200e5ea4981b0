select model.version, model.kind, model.fit_time, model.sample_size, model.event_count,
       model.evaluation::text as evaluation, model.artifact::text as artifact,
       coalesce(model.version = (select activation.version from model_activation activation
                                 where activation.kind = model.kind
                                 order by activation.activation desc limit 1), false) as "active!"
from fitted_model model
where model.version = $1
