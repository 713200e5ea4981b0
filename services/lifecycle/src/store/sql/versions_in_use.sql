select coalesce((select max(version) from rule_set), 0) as "rules!",
       coalesce((select max(activation) from model_activation), 0) as "activation!"
