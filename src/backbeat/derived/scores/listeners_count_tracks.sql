SELECT
    counted.user_id,
    counted.track_count
FROM (
    SELECT
        listener.user_id,
        (
            SELECT count(*) FROM backbeat.listened_tracks AS heard WHERE heard.user_id = listener.user_id
        )::integer AS track_count
    FROM (
        SELECT user_id FROM unnest(%(keys)b::int []) AS asked (user_id)
        UNION
        SELECT DISTINCT user_id FROM backbeat.listened_tracks
        WHERE %(keys)b::int [] IS NULL
        UNION
        SELECT user_id FROM user_distinct_play_tracks
        WHERE %(keys)b::int [] IS NULL
    ) AS listener
    OFFSET 0 -- counted once a user
) AS counted
WHERE
    counted.track_count > 0
    OR EXISTS (SELECT FROM user_distinct_play_tracks AS kept WHERE kept.user_id = counted.user_id)
