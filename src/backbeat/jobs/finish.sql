-- An end does not wait for the disk where what the run committed is there, or nothing was: what a crash undoes, the worker
-- records again. What it recorded of rows that the same crash undid would not be so.
WITH eased AS MATERIALIZED (
    SELECT CASE WHEN %(eased)s::boolean THEN set_config('synchronous_commit', 'off', true) END AS setting
),
used AS MATERIALIZED (
    {used}
),
ended AS (
    UPDATE backbeat.jobs AS job
    SET
        holder = NULL,
        lease_until = NULL,
        cadence_at = %(cadence_at)s,
        next_run_at = %(next_run_at)s,
        failures = %(failures)s,
        finished_at = clock_timestamp(),
        succeeded_at = CASE
            WHEN %(outcome)s::text IN (%(changed)s, %(quiet)s) THEN job.started_at
            ELSE job.succeeded_at
        END,
        outcome = %(outcome)s,
        seconds = %(seconds)s,
        rows_written = %(rows_written)s,
        error = %(error)s,
        cure = %(cure)s,
        deferred_since = CASE
            WHEN %(deferred_reason)s::text <> '' THEN coalesce(job.deferred_since, clock_timestamp())
            WHEN %(outcome)s::text IN (%(failed)s, %(cancelled)s) OR %(more)s THEN job.deferred_since
        END,
        deferred_reason = CASE
            WHEN %(deferred_reason)s::text <> '' THEN %(deferred_reason)s
            WHEN %(outcome)s::text IN (%(failed)s, %(cancelled)s) OR %(more)s THEN job.deferred_reason
            ELSE ''
        END,
        runs = job.runs + CASE WHEN job.outcome = %(quiet)s AND %(outcome)s::text = %(quiet)s THEN 0 ELSE 1 END,
        changed_runs = job.changed_runs + (%(outcome)s::text = %(changed)s)::integer,
        quiet_runs = job.quiet_runs + (%(outcome)s::text = %(quiet)s)::integer,
        failed_runs = job.failed_runs + (%(outcome)s::text = %(failed)s)::integer,
        cancelled_runs = job.cancelled_runs + (%(outcome)s::text = %(cancelled)s)::integer,
        total_seconds = job.total_seconds + %(seconds)s,
        total_rows_written = job.total_rows_written + %(rows_written)s,
        total_wal_bytes = job.total_wal_bytes + coalesce(used.wal_bytes, 0),
        seconds_buckets[%(bucket)s::integer] = job.seconds_buckets[%(bucket)s::integer] + 1
    FROM eased
    CROSS JOIN used
    WHERE job.name = %(name)s AND job.term = %(term)s AND job.holder = %(holder)s
    RETURNING job.name, job.runs, job.started_at, job.finished_at
),
told AS (
    INSERT INTO backbeat.job_runs AS at (
        name, slot, run, ticks, started_at, finished_at, waited_seconds, seconds, outcome, keys, rows_read, inserted,
        updated, deleted, blocks_hit, blocks_read, wal_bytes, moved, error, cure
    )
    SELECT
        ended.name,
        mod(ended.runs, %(runs_kept)s::bigint),
        ended.runs,
        1,
        ended.started_at,
        ended.finished_at,
        %(waited_seconds)s,
        %(seconds)s,
        %(outcome)s,
        %(keys)s,
        %(rows_read)s,
        %(inserted)s,
        %(updated)s,
        %(deleted)s,
        used.blocks_hit,
        used.blocks_read,
        used.wal_bytes,
        %(moved)s,
        %(error)s,
        %(cure)s
    FROM ended
    CROSS JOIN used
    ON CONFLICT (name, slot) DO UPDATE
    SET
        run = excluded.run,
        ticks = CASE WHEN at.run = excluded.run THEN at.ticks + 1 ELSE 1 END,
        started_at = CASE WHEN at.run = excluded.run THEN at.started_at ELSE excluded.started_at END,
        finished_at = excluded.finished_at,
        waited_seconds = excluded.waited_seconds + CASE WHEN at.run = excluded.run THEN at.waited_seconds ELSE 0 END,
        seconds = excluded.seconds + CASE WHEN at.run = excluded.run THEN at.seconds ELSE 0 END,
        outcome = excluded.outcome,
        keys = excluded.keys,
        rows_read = excluded.rows_read,
        inserted = excluded.inserted,
        updated = excluded.updated,
        deleted = excluded.deleted,
        blocks_hit = excluded.blocks_hit,
        blocks_read = excluded.blocks_read,
        wal_bytes = excluded.wal_bytes,
        moved = excluded.moved,
        error = excluded.error,
        cure = excluded.cure
)
SELECT
    used.blocks_hit,
    used.blocks_read,
    used.wal_bytes
FROM ended
CROSS JOIN used
