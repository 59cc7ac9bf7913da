-- Locks the whole group: a row that somebody else acts on is not seen, and then nothing is claimed.
WITH peers AS MATERIALIZED (
    SELECT
        name,
        term,
        holder,
        lease_until
    FROM backbeat.jobs
    WHERE group_name = %(group_name)s
    ORDER BY name
    FOR NO KEY UPDATE SKIP LOCKED
),
free AS (
    SELECT
        name,
        holder IS NOT NULL AS taken_over
    FROM peers
    WHERE
        name = %(name)s
        AND term = %(seen_term)s
        AND NOT EXISTS (SELECT FROM peers AS busy WHERE busy.lease_until > clock_timestamp())
        AND (SELECT count(*) FROM peers AS seen)
        = (SELECT count(*) FROM backbeat.jobs AS every WHERE every.group_name = %(group_name)s)
)
UPDATE backbeat.jobs AS job
SET
    term = job.term + 1,
    holder = %(holder)s,
    lease_until = clock_timestamp() + make_interval(secs => %(lease_seconds)s),
    started_at = clock_timestamp(),
    cadence_at = %(cadence_at)s,
    next_run_at = %(next_run_at)s,
    failures = %(failures)s,
    run_requested = false,
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
    job.first_run = 'from_now' AND job.succeeded_at IS NULL AS begins
