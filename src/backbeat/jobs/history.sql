SELECT
    run,
    ticks,
    started_at,
    finished_at,
    seconds,
    outcome,
    keys,
    rows_read,
    inserted,
    updated,
    deleted,
    moved,
    error
FROM backbeat.job_runs
WHERE name = %(name)s
ORDER BY run DESC
LIMIT %(limit)s
