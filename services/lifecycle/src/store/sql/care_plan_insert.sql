insert into care_plan (version, publish_time, content) values ($1, $2, $3)
