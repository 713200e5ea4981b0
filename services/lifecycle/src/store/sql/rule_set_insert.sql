insert into rule_set (version, publish_time) values ($1, $2)
