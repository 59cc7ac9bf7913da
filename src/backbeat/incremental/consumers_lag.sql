-- Counts no more than twice "rows_max" rows of the log for each consumer, so that looking at one who is long dead costs little,
-- and nothing for one that is lost: it will begin with a rebuild, and nothing is kept for it.
SELECT
    consumer.name,
    consumer.stream,
    consumer.epoch <> backbeat.epoch() AS lost,
    consumer.updated_at,
    coalesce(pending.log_rows, 0) AS log_rows,
    coalesce(pending.keys, 0) AS keys,
    coalesce(extract(EPOCH FROM clock_timestamp() - pending.oldest_at), 0)::double precision AS seconds
FROM backbeat.consumers AS consumer
LEFT JOIN LATERAL (
    SELECT
        count(*) AS log_rows,
        sum(cardinality(change.keys))::bigint AS keys,
        min(change.logged_at) AS oldest_at
    FROM backbeat.changes_between(
        consumer.stream, consumer.snapshot, pg_current_snapshot(), %(rows_max)s::bigint
    ) AS change
) AS pending ON abs(consumer.epoch) = backbeat.epoch()
ORDER BY consumer.name
