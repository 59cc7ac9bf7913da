SELECT pg_advisory_xact_lock(hashtextextended('backbeat.weekly_trending:' || %(kind)s::text, 0))
