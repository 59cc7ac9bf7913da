SELECT EXISTS (SELECT FROM backbeat.rounds WHERE name = %(checkpoint)s::text AND after_key <> %(end)s::bigint)
