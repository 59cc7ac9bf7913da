-- What became visible since the consumer's snapshot. The batch ends before the transaction that no longer fits, or behind
-- the first one if that alone is more than the limit. Every row of the log holds a key or more, so "rows_max" rows and
-- one are enough to find the end.
WITH edge AS (
    SELECT
        asked.checkpoint,
        asked.stream,
        kept.name IS NOT NULL AS known,
        kept.signature,
        kept.epoch IS NOT DISTINCT FROM -backbeat.epoch() AS reserved,
        kept.epoch IS DISTINCT FROM backbeat.epoch()
        OR kept.stream <> asked.stream
        OR pg_snapshot_xmax(kept.snapshot) > pg_snapshot_xmax(pg_current_snapshot()) AS lost,
        coalesce(kept.snapshot, pg_current_snapshot()) AS after,
        pg_current_snapshot() AS frontier
    FROM (VALUES (%(checkpoint)s::text, %(stream)s::text)) AS asked (checkpoint, stream)
    LEFT JOIN backbeat.consumers AS kept ON kept.name = asked.checkpoint
),
counted AS MATERIALIZED (
    SELECT
        pending.xid,
        sum(coalesce(cardinality(pending.keys), 1)) OVER (ORDER BY pending.xid ROWS UNBOUNDED PRECEDING) AS keys
    FROM edge
    CROSS JOIN LATERAL backbeat.changes_between(
        edge.stream, edge.after, edge.frontier, %(rows_max)s::bigint + 1
    ) AS pending
    WHERE NOT edge.lost
    ORDER BY pending.xid
    LIMIT %(rows_max)s::bigint + 1
),
stop AS (
    SELECT
        CASE
            WHEN beyond.xid > oldest.xid THEN beyond.xid
            ELSE (oldest.xid::text::bigint + 1)::text::xid8
        END AS xid
    FROM (SELECT xid FROM counted ORDER BY xid LIMIT 1) AS oldest
    CROSS JOIN (SELECT xid FROM counted WHERE keys > %(rows_max)s::bigint ORDER BY xid LIMIT 1) AS beyond
)
SELECT
    edge.checkpoint,
    edge.stream,
    edge.known,
    edge.signature,
    edge.reserved,
    edge.lost,
    edge.after::text,
    CASE
        WHEN NOT EXISTS (SELECT FROM counted) THEN edge.after
        WHEN stop.xid IS NULL THEN edge.frontier
        ELSE backbeat.snapshot_between(edge.after, edge.frontier, stop.xid)
    END::text AS upto,
    CASE WHEN EXISTS (SELECT FROM counted) THEN edge.frontier ELSE edge.after END::text AS last,
    edge.frontier::text
FROM edge
LEFT JOIN stop ON true
