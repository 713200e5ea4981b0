select coalesce((select max(version) from rule_set), 0) as "rules!",
       coalesce((select version from active_model where kind = 'life_table'), 0) as "model!"
