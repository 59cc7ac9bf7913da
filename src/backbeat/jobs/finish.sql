WITH ended AS (
    UPDATE backbeat.jobs AS job
    SET
        holder = NULL,
        lease_until = NULL,
        cadence_at = %(cadence_at)s,
        next_run_at = %(next_run_at)s,
        failures = %(failures)s,
        finished_at = clock_timestamp(),
        succeeded_at = CASE
            WHEN %(outcome)s::text IN ('changed', 'quiet') THEN job.started_at
            ELSE job.succeeded_at
        END,
        outcome = %(outcome)s,
        seconds = %(seconds)s,
        rows_written = %(rows_written)s,
        error = %(error)s,
        cure = %(cure)s,
        runs = job.runs + CASE WHEN job.outcome = 'quiet' AND %(outcome)s::text = 'quiet' THEN 0 ELSE 1 END
    WHERE job.name = %(name)s AND job.term = %(term)s AND job.holder IS NOT NULL
    RETURNING job.name, job.runs, job.started_at, job.finished_at
)
INSERT INTO backbeat.job_runs AS at (
    name, slot, run, ticks, started_at, finished_at, seconds, outcome, keys, rows_read, inserted, updated, deleted,
    moved, error
)
SELECT
    name,
    mod(runs, %(runs_kept)s::bigint),
    runs,
    1,
    started_at,
    finished_at,
    %(seconds)s,
    %(outcome)s,
    %(keys)s,
    %(rows_read)s,
    %(inserted)s,
    %(updated)s,
    %(deleted)s,
    %(moved)s,
    %(error)s
FROM ended
ON CONFLICT (name, slot) DO UPDATE
SET
    run = excluded.run,
    ticks = CASE WHEN at.run = excluded.run THEN at.ticks + 1 ELSE 1 END,
    started_at = CASE WHEN at.run = excluded.run THEN at.started_at ELSE excluded.started_at END,
    finished_at = excluded.finished_at,
    seconds = CASE WHEN at.run = excluded.run THEN at.seconds + excluded.seconds ELSE excluded.seconds END,
    outcome = excluded.outcome,
    keys = excluded.keys,
    rows_read = excluded.rows_read,
    inserted = excluded.inserted,
    updated = excluded.updated,
    deleted = excluded.deleted,
    moved = excluded.moved,
    error = excluded.error
