-- Leaves what a quiet run would leave, without a claim, for all jobs that are due and whose feeds tell nothing new. A job that
-- another worker has claimed or ticked since, or that an operator paused or asked for, is left out. The commit does not wait for the disk: a tick that a
-- crash undoes is due again.
WITH eased AS MATERIALIZED (
    SELECT set_config('synchronous_commit', 'off', true) AS setting
),
asked AS MATERIALIZED (
    SELECT
        each.name,
        each.seen_term,
        each.looked_at,
        each.cadence_at,
        each.waited_seconds,
        eased.setting
    FROM unnest(
        %(names)s::text [],
        %(seen_terms)s::bigint [],
        %(looked_at)s::timestamptz [],
        %(cadences_at)s::timestamptz [],
        %(waited_seconds)s::double precision []
    ) AS each (name, seen_term, looked_at, cadence_at, waited_seconds)
    CROSS JOIN eased
),
free AS MATERIALIZED (
    SELECT
        job.name,
        job.term
    FROM backbeat.jobs AS job
    WHERE
        job.name = ANY (%(names)s::text [])
        AND job.holder IS NULL
        AND NOT job.paused
        AND NOT job.run_requested
        AND job.failures = 0
    ORDER BY job.name
    FOR NO KEY UPDATE SKIP LOCKED
),
ticked AS (
    UPDATE backbeat.jobs AS job
    SET
        term = job.term + 1,
        cadence_at = asked.cadence_at,
        next_run_at = asked.cadence_at,
        started_at = least(asked.looked_at, clock_timestamp()), -- the worker reckons it by a clock of its own
        finished_at = clock_timestamp(),
        succeeded_at = least(asked.looked_at, clock_timestamp()),
        outcome = %(quiet)s,
        seconds = 0,
        rows_written = 0,
        runs = job.runs + (job.outcome <> %(quiet)s)::integer,
        quiet_runs = job.quiet_runs + 1,
        ticks_since_run = job.ticks_since_run + 1,
        seconds_buckets[1] = job.seconds_buckets[1] + 1
    FROM asked
    INNER JOIN free ON free.name = asked.name AND free.term = asked.seen_term
    WHERE job.name = asked.name
    RETURNING job.name, job.term, job.runs, job.started_at, job.finished_at, job.ticks_since_run, asked.waited_seconds
),
told AS (
    INSERT INTO backbeat.job_runs AS at (
        name, slot, run, ticks, started_at, finished_at, waited_seconds, seconds, outcome, keys, rows_read, inserted,
        updated, deleted, moved, error, cure
    )
    SELECT
        name,
        mod(runs, %(runs_kept)s::bigint),
        runs,
        1,
        started_at,
        finished_at,
        waited_seconds,
        0,
        %(quiet)s,
        0,
        0,
        0,
        0,
        0,
        '{}',
        '',
        ''
    FROM ticked
    ON CONFLICT (name, slot) DO UPDATE
    SET
        run = excluded.run,
        ticks = CASE WHEN at.run = excluded.run THEN at.ticks + 1 ELSE 1 END,
        started_at = CASE WHEN at.run = excluded.run THEN at.started_at ELSE excluded.started_at END,
        finished_at = excluded.finished_at,
        waited_seconds = excluded.waited_seconds + CASE WHEN at.run = excluded.run THEN at.waited_seconds ELSE 0 END,
        seconds = CASE WHEN at.run = excluded.run THEN at.seconds ELSE 0 END,
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
SELECT name, term, ticks_since_run FROM ticked
