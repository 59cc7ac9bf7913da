SELECT min(applied_at) AS prepared_at FROM backbeat.migrations
