-- Per stream, whatever its consumers have all seen; without a consumer, whatever nobody is writing any more. A stream in
-- which nothing happens holds nothing back, nor does a consumer that is lost: it will read no position that it had.
WITH RECURSIVE stream (name) AS (
    (SELECT changes.stream FROM backbeat.changes AS changes ORDER BY changes.stream LIMIT 1)
    UNION ALL
    SELECT (
        SELECT changes.stream
        FROM backbeat.changes AS changes
        WHERE changes.stream > stream.name
        ORDER BY changes.stream
        LIMIT 1
    )
    FROM stream
    WHERE stream.name IS NOT NULL
),
seen AS MATERIALIZED (
    SELECT
        stream.name,
        coalesce(
            (
                SELECT pg_snapshot_xmin(consumer.snapshot)
                FROM backbeat.consumers AS consumer
                WHERE consumer.stream = stream.name AND abs(consumer.epoch) = backbeat.epoch()
                ORDER BY pg_snapshot_xmin(consumer.snapshot)
                LIMIT 1
            ),
            pg_snapshot_xmin(pg_current_snapshot())
        ) AS xmin
    FROM stream
    WHERE stream.name IS NOT NULL
)
DELETE FROM backbeat.changes
WHERE ctid = ANY (ARRAY(
    SELECT used.ctid
    FROM seen
    CROSS JOIN LATERAL (
        SELECT changes.ctid
        FROM backbeat.changes AS changes
        WHERE changes.stream = seen.name AND changes.xid < seen.xmin
        ORDER BY changes.xid
        LIMIT %(rows_max)s::integer
    ) AS used
    LIMIT %(rows_max)s::integer
))
