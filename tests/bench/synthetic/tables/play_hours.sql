INSERT INTO user_distinct_play_hours (user_id, hours_with_play, updated_at)
SELECT user_id, count(*), max(hour) AT TIME ZONE 'UTC'
FROM (
    SELECT user_id, date_trunc('hour', created_at) AS hour FROM plays WHERE user_id IS NOT NULL GROUP BY 1, 2
) AS heard
GROUP BY 1
ORDER BY 1
