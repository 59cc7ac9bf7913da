-- As window.sql, with instants for stamps and the clock for a frontier.
SELECT
    edge.checkpoint,
    edge.known,
    edge.signature,
    edge.after,
    CASE
        WHEN newest.due_at IS NULL THEN edge.after
        WHEN beyond.due_at IS NULL THEN newest.due_at
        WHEN beyond.due_at = oldest.due_at THEN oldest.due_at
        ELSE beyond.due_at - interval '1 microsecond'
    END AS upto,
    coalesce(newest.due_at, edge.after) AS last,
    edge.frontier,
    %(delay)s::interval AS delay
FROM backbeat.clock_position(%(checkpoint)s::text, %(now)s::timestamptz) AS edge
LEFT JOIN LATERAL (
    SELECT (r.{column} + %(delay)s::interval)::timestamptz AS due_at
    FROM {table} AS r
    WHERE
        r.{column} > edge.after - %(delay)s::interval
        AND r.{column} <= edge.frontier - %(delay)s::interval
    ORDER BY r.{column}
    LIMIT 1
) AS oldest ON true
LEFT JOIN LATERAL (
    SELECT (r.{column} + %(delay)s::interval)::timestamptz AS due_at
    FROM {table} AS r
    WHERE
        oldest.due_at IS NOT NULL
        AND r.{column} > edge.after - %(delay)s::interval
        AND r.{column} <= edge.frontier - %(delay)s::interval
    ORDER BY r.{column} DESC
    LIMIT 1
) AS newest ON true
LEFT JOIN LATERAL (
    SELECT (r.{column} + %(delay)s::interval)::timestamptz AS due_at
    FROM {table} AS r
    WHERE
        oldest.due_at < newest.due_at
        AND r.{column} > edge.after - %(delay)s::interval
        AND r.{column} <= edge.frontier - %(delay)s::interval
    ORDER BY r.{column}
    LIMIT 1 OFFSET %(rows_max)s
) AS beyond ON true
