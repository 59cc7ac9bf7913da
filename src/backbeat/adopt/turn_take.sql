SELECT pg_try_advisory_lock(hashtextextended('backbeat.adopt', 0))
