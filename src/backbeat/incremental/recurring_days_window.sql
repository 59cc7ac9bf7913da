-- As recurring_window.sql, where every delay is whole days: rows are due at the time of day that they hold. So one range of an
-- index by time of day tells, or around midnight two, however many the delays are. A day and more is looked at by delay.
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
FROM (
    SELECT
        at.*,
        at.after AT TIME ZONE 'UTC' + interval '1 microsecond' AS first_instant,
        at.frontier AT TIME ZONE 'UTC' AS last_instant
    FROM backbeat.clock_position(%(checkpoint)s::text, %(now)s::timestamptz) AS at
) AS edge
LEFT JOIN LATERAL (
    SELECT true AS is_near
    FROM (
        SELECT
            edge.last_instant::date AS day,
            CASE WHEN edge.first_instant::date = edge.last_instant::date THEN edge.first_instant::time ELSE time '00:00' END
                AS earliest,
            edge.last_instant::time AS latest
        UNION ALL
        SELECT
            edge.first_instant::date,
            edge.first_instant::time,
            time '24:00'
        WHERE edge.first_instant::date < edge.last_instant::date
    ) AS part
    CROSS JOIN LATERAL (
        SELECT
        FROM {table} AS r
        WHERE
            r.{time_of_day} >= part.earliest AND r.{time_of_day} <= part.latest
            AND (part.day - r.{column}::date)::bigint * 86400000000 = ANY (%(delays)b::bigint [])
        ORDER BY r.{time_of_day}
        LIMIT 1
    ) AS first
    WHERE edge.first_instant <= edge.last_instant AND edge.last_instant < edge.first_instant + interval '1 day'
    UNION ALL
    SELECT true
    FROM unnest(%(delays)b::bigint []) AS step (microseconds)
    CROSS JOIN LATERAL (
        SELECT
        FROM {table} AS r
        WHERE
            r.{column} >= edge.first_instant - step.microseconds * interval '1 microsecond'
            AND r.{column} <= edge.last_instant - step.microseconds * interval '1 microsecond'
        ORDER BY r.{column}
        LIMIT 1
    ) AS first
    WHERE edge.last_instant >= edge.first_instant + interval '1 day'
    LIMIT 1
) AS due ON true
