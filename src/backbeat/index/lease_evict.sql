-- A session that waits for a client which stands still keeps its locks; within a COPY or a pipeline no timeout ends it.
SELECT pg_terminate_backend(pid)
FROM pg_stat_activity
WHERE
    datname = current_database()
    AND usename = current_user
    AND application_name LIKE 'backbeat/indexing%%'
    AND xact_start IS NOT NULL
    AND wait_event = 'ClientRead'
    -- an instant to come is one of a clock that was ahead
    AND state_change NOT BETWEEN clock_timestamp() - make_interval(secs => %(seconds)s) AND clock_timestamp()
