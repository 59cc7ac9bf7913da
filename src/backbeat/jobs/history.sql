SELECT
    run,
    ticks,
    started_at,
    finished_at,
    waited_seconds,
    seconds,
    outcome,
    keys,
    rows_read,
    inserted,
    updated,
    deleted,
    blocks_hit,
    blocks_read,
    wal_bytes,
    moved,
    error,
    cure
FROM backbeat.job_runs
WHERE name = %(name)s
ORDER BY run DESC
LIMIT %(limit)s
