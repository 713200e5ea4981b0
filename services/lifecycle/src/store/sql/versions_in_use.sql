select coalesce((select max(version) from rule_set), 0) as "rules!",
       coalesce((select max(version) from care_plan), 0) as "care_plan!",
       coalesce((select max(activation) from model_activation), 0) as "activation!"
