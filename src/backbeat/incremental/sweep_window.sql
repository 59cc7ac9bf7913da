SELECT
    edge.checkpoint,
    edge.known,
    NULL::text AS signature,
    edge.after,
    CASE
        WHEN edge.after = %(end)s::bigint THEN edge.after
        ELSE coalesce(
            (
                SELECT r.{column}
                FROM {table} AS r
                WHERE r.{column} > edge.after
                ORDER BY r.{column}
                LIMIT 1 OFFSET %(rows_max)s::bigint - 1
            ),
            %(end)s
        )
    END::bigint AS upto,
    %(end)s::bigint AS last,
    %(end)s::bigint AS frontier
FROM (
    SELECT
        asked.checkpoint,
        kept.name IS NOT NULL AS known,
        coalesce(kept.after_key, %(start)s)::bigint AS after
    FROM (VALUES (%(checkpoint)s::text)) AS asked (checkpoint)
    LEFT JOIN backbeat.rounds AS kept ON kept.name = asked.checkpoint
) AS edge
