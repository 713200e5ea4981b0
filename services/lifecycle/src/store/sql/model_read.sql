select model.version, model.fit_time, model.sample_size, model.event_count,
       (active.version is not null) as "active!"
from life_table_model model
left join active_model active on active.kind = 'life_table' and active.version = model.version
where model.version = coalesce($1, (select version from active_model where kind = 'life_table'))
