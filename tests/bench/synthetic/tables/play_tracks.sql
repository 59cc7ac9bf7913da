INSERT INTO user_distinct_play_tracks (user_id, track_count, updated_at)
SELECT user_id, count(*), max(last_at) AT TIME ZONE 'UTC'
FROM (
    SELECT user_id, max(created_at) AS last_at FROM plays WHERE user_id IS NOT NULL GROUP BY user_id, play_item_id
) AS heard
GROUP BY 1
ORDER BY 1
