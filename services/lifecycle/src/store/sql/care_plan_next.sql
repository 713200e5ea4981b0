select coalesce(max(version), 0) + 1 as "version!" from care_plan
