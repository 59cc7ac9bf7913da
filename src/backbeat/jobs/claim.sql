-- Locks the whole groups of the jobs asked for, at most one of each: a row that another session acts on is not seen, and then
-- nothing of its group is claimed. A worker that takes over a run that never ended writes the line of the history that its worker
-- could not. The commit does not wait for the disk: a claim that a crash undoes was followed by nothing that it does not undo.
WITH eased AS MATERIALIZED (
    SELECT set_config('synchronous_commit', 'off', true) AS setting
),
asked AS MATERIALIZED (
    SELECT
        each.name,
        each.group_name,
        each.seen_term,
        each.holder,
        each.cadence_at,
        each.next_run_at,
        each.failures,
        each.paused_too,
        eased.setting
    FROM unnest(
        %(names)s::text [],
        %(group_names)s::text [],
        %(seen_terms)s::bigint [],
        %(holders)s::uuid [],
        %(cadences_at)s::timestamptz [],
        %(next_runs_at)s::timestamptz [],
        %(failures)s::integer [],
        %(paused_too)s::boolean []
    ) AS each (name, group_name, seen_term, holder, cadence_at, next_run_at, failures, paused_too)
    CROSS JOIN eased
),
peers AS MATERIALIZED (
    SELECT
        name,
        group_name,
        term,
        paused,
        run_requested,
        holder,
        started_at,
        lease_until,
        -- one that ends further ahead than its own length is from a clock that was ahead: it has ended
        coalesce(
            lease_until > clock_timestamp()
            AND lease_until <= clock_timestamp() + make_interval(secs => lease_seconds),
            false
        ) AS leased
    FROM backbeat.jobs
    WHERE group_name = ANY (%(group_names)s::text [])
    ORDER BY group_name, name
    FOR NO KEY UPDATE SKIP LOCKED
),
free AS (
    SELECT
        asked.name,
        asked.holder,
        asked.cadence_at,
        asked.next_run_at,
        asked.failures,
        own.holder IS NOT NULL AS taken_over,
        own.started_at AS lost_at,
        -- no run is recorded to have ended before it began or in time to come, whatever the clocks did
        greatest(least(own.lease_until, clock_timestamp()), own.started_at) AS lost_until
    FROM asked
    INNER JOIN peers AS own ON own.name = asked.name AND own.term = asked.seen_term
    WHERE
        (asked.paused_too OR own.run_requested OR NOT own.paused)
        AND NOT EXISTS (SELECT FROM peers AS busy WHERE busy.leased AND busy.group_name = asked.group_name)
        AND (SELECT count(*) FROM peers AS seen WHERE seen.group_name = asked.group_name)
        = (SELECT count(*) FROM backbeat.jobs AS every WHERE every.group_name = asked.group_name)
),
claimed AS (
    UPDATE backbeat.jobs AS job
    SET
        term = job.term + 1,
        holder = free.holder,
        lease_until = clock_timestamp() + make_interval(secs => %(lease_seconds)s),
        lease_seconds = %(lease_seconds)s,
        started_at = clock_timestamp(),
        outcome = CASE WHEN free.taken_over THEN %(lost)s ELSE job.outcome END,
        runs = job.runs + free.taken_over::integer,
        lost_runs = job.lost_runs + free.taken_over::integer,
        cadence_at = free.cadence_at,
        next_run_at = free.next_run_at,
        failures = free.failures,
        ticks_since_run = 0,
        run_requested = false,
        cancel_requested = false,
        total_deferred_seconds = job.total_deferred_seconds + coalesce(
            greatest(extract(epoch FROM clock_timestamp() - greatest(job.next_run_at, job.deferred_since)), 0),
            0
        ) * (job.deferred_since IS NOT NULL)::integer,
        seen_block_number = coalesce((SELECT frontier.block_number FROM backbeat.cursor AS frontier), 0),
        seen_play_id = coalesce((SELECT frontier.play_id FROM backbeat.cursor AS frontier), 0)
    FROM free
    WHERE job.name = free.name
    RETURNING
        job.name,
        job.holder,
        job.term,
        job.started_at,
        free.taken_over,
        job.runs,
        free.lost_at,
        free.lost_until
),
told AS (
    INSERT INTO backbeat.job_runs AS at (
        name, slot, run, ticks, started_at, finished_at, seconds, outcome, keys, rows_read, inserted, updated, deleted,
        moved, error, cure
    )
    SELECT
        claimed.name,
        mod(claimed.runs, %(runs_kept)s::bigint),
        claimed.runs,
        1,
        claimed.lost_at,
        claimed.lost_until,
        extract(epoch FROM claimed.lost_until - claimed.lost_at),
        %(lost)s,
        0,
        0,
        0,
        0,
        0,
        '{}',
        %(lost_error)s,
        %(lost_cure)s
    FROM claimed
    WHERE claimed.taken_over
    ON CONFLICT (name, slot) DO UPDATE
    SET
        run = excluded.run,
        ticks = excluded.ticks,
        started_at = excluded.started_at,
        finished_at = excluded.finished_at,
        waited_seconds = excluded.waited_seconds,
        seconds = excluded.seconds,
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
    claimed.name,
    claimed.holder,
    claimed.term,
    claimed.started_at,
    claimed.taken_over
FROM claimed
