-- One index probe when nothing is new. The stamp of the first row that no longer fits ends the window before itself,
-- unless that stamp alone is more than the limit.
SELECT
    edge.checkpoint,
    edge.known,
    edge.signature,
    edge.after,
    CASE
        WHEN newest.stamp IS NULL THEN edge.after
        WHEN beyond.stamp IS NULL THEN newest.stamp
        WHEN beyond.stamp = oldest.stamp THEN oldest.stamp
        ELSE beyond.stamp - 1
    END::bigint AS upto,
    coalesce(newest.stamp, edge.after)::bigint AS last,
    edge.frontier
FROM (
    SELECT
        asked.checkpoint,
        kept.tablename IS NOT NULL AS known,
        kept.signature,
        coalesce(kept.last_checkpoint, 0)::bigint AS after,
        greatest(
            (SELECT cursor.{frontier} FROM backbeat.cursor AS cursor), kept.last_checkpoint, 0
        )::bigint AS frontier
    FROM (VALUES (%(checkpoint)s::text)) AS asked (checkpoint)
    LEFT JOIN indexing_checkpoints AS kept ON kept.tablename = asked.checkpoint
) AS edge
LEFT JOIN LATERAL (
    SELECT r.{stamp} AS stamp
    FROM {table} AS r
    WHERE r.{stamp} > edge.after AND r.{stamp} <= edge.frontier
    ORDER BY r.{stamp}
    LIMIT 1
) AS oldest ON true
LEFT JOIN LATERAL (
    SELECT r.{stamp} AS stamp
    FROM {table} AS r
    WHERE oldest.stamp IS NOT NULL AND r.{stamp} > edge.after AND r.{stamp} <= edge.frontier
    ORDER BY r.{stamp} DESC
    LIMIT 1
) AS newest ON true
LEFT JOIN LATERAL (
    SELECT r.{stamp} AS stamp
    FROM {table} AS r
    WHERE oldest.stamp < newest.stamp AND r.{stamp} > edge.after AND r.{stamp} <= edge.frontier
    ORDER BY r.{stamp}
    LIMIT 1 OFFSET %(rows_max)s
) AS beyond ON true
