SELECT pg_advisory_unlock(hashtextextended('backbeat.adopt', 0))
