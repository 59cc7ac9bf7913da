SELECT
    name,
    changed_runs AS changed,
    quiet_runs AS quiet,
    failed_runs AS failed,
    cancelled_runs AS cancelled,
    lost_runs AS lost,
    total_seconds AS seconds,
    total_rows_written AS rows_written,
    total_wal_bytes AS wal_bytes,
    total_deferred_seconds AS deferred_seconds,
    seconds_buckets
FROM backbeat.jobs
WHERE name = ANY (%(names)s::text [])
