WITH free AS (
    SELECT
        name,
        holder IS NOT NULL AS taken_over
    FROM backbeat.jobs
    WHERE
        name = %(name)s
        AND term = %(seen_term)s
        AND (lease_until IS NULL OR lease_until <= clock_timestamp())
    FOR NO KEY UPDATE SKIP LOCKED
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
    seen_block_number = coalesce((SELECT frontier.block_number FROM backbeat.cursor AS frontier), 0),
    seen_play_id = coalesce((SELECT frontier.play_id FROM backbeat.cursor AS frontier), 0)
FROM free
WHERE job.name = free.name
RETURNING job.name, job.holder, job.term, job.started_at, free.taken_over
