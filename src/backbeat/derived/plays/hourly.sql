-- Plays up to "upto", and those that are gone: by hour.
SELECT
    told.hour AS hourly_timestamp,
    sum(told.plays)::integer AS play_count
FROM (
    SELECT
        date_trunc('hour', created_at) AS hour,
        count(*) AS plays
    FROM plays
    WHERE id <= %(upto)s
    GROUP BY 1
    UNION ALL
    SELECT
        hour,
        plays
    FROM backbeat.pruned_hours
) AS told
GROUP BY told.hour
