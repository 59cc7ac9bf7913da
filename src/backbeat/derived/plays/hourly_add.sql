WITH fresh AS (
    SELECT
        date_trunc('hour', created_at) AS hourly_timestamp,
        count(*)::integer AS play_count
    FROM plays
    WHERE id > %(after)s AND id <= %(upto)s
    GROUP BY 1
),
written AS (
    INSERT INTO hourly_play_counts AS at (hourly_timestamp, play_count)
    SELECT
        hourly_timestamp,
        play_count
    FROM fresh
    ORDER BY hourly_timestamp
    ON CONFLICT (hourly_timestamp) DO UPDATE SET play_count = at.play_count + excluded.play_count
    RETURNING xmax = 0 AS is_new
)
SELECT
    (SELECT coalesce(sum(play_count), 0) FROM fresh)::bigint AS rows_read,
    count(*) FILTER (WHERE is_new) AS inserted,
    count(*) FILTER (WHERE NOT is_new) AS updated
FROM written
