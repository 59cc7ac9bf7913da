-- A consumer beyond its budget gets an epoch of no cluster, so its next run begins with a rebuild, and a position of now, so
-- that a run which looked before this finds it moved. One that is locked is at work, and is left alone.
WITH beyond AS MATERIALIZED (
    SELECT consumer.name, consumer.snapshot::text AS position, pending.log_rows, pending.bytes, pending.oldest_at
    FROM backbeat.consumers AS consumer
    CROSS JOIN LATERAL (
        SELECT
            count(*) AS log_rows,
            coalesce(sum(pg_column_size(change.*)), 0) AS bytes,
            min(change.logged_at) AS oldest_at
        FROM backbeat.changes_between(
            consumer.stream, consumer.snapshot, pg_current_snapshot(), %(rows_max)s::bigint + 1
        ) AS change
    ) AS pending
    WHERE
        abs(consumer.epoch) = backbeat.epoch()
        AND (
            pending.log_rows > %(rows_max)s::bigint
            OR pending.bytes > %(bytes_max)s::bigint
            OR pending.oldest_at < clock_timestamp() - make_interval(secs => %(seconds_max)s::double precision)
        )
),
idle AS MATERIALIZED (
    SELECT consumer.name, beyond.log_rows, beyond.bytes, beyond.oldest_at
    FROM backbeat.consumers AS consumer
    JOIN beyond ON beyond.name = consumer.name AND beyond.position = consumer.snapshot::text
    FOR UPDATE OF consumer SKIP LOCKED
)
UPDATE backbeat.consumers AS lost
SET epoch = 0, snapshot = pg_current_snapshot(), updated_at = clock_timestamp()
FROM idle
WHERE lost.name = idle.name
RETURNING lost.name, idle.log_rows, idle.bytes, extract(EPOCH FROM clock_timestamp() - idle.oldest_at)::double precision
