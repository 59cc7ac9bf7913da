-- One index probe per delay when nothing is due. What is due ends the window at the clock.
SELECT
    edge.checkpoint,
    edge.known,
    edge.signature,
    edge.after,
    CASE WHEN due.is_near THEN edge.frontier ELSE edge.after END AS upto,
    CASE WHEN due.is_near THEN edge.frontier ELSE edge.after END AS last,
    edge.frontier,
    interval '0' AS delay,
    %(delays)b::bigint [] AS delays,
    %(keys_max)s::integer AS keys_max
FROM backbeat.clock_position(%(checkpoint)s::text, %(now)s::timestamptz) AS edge
LEFT JOIN LATERAL (
    SELECT true AS is_near
    FROM unnest(%(delays)b::bigint []) AS step (microseconds)
    CROSS JOIN LATERAL (
        SELECT
        FROM {table} AS r
        WHERE
            r.{column} > edge.after - step.microseconds * interval '1 microsecond'
            AND r.{column} <= edge.frontier - step.microseconds * interval '1 microsecond'
        ORDER BY r.{column}
        LIMIT 1
    ) AS first
    LIMIT 1
) AS due ON true
