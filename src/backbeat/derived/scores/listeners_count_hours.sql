SELECT
    counted.user_id,
    counted.hours_with_play
FROM (
    SELECT
        listener.user_id,
        (
            SELECT count(*) FROM backbeat.listened_hours AS heard WHERE heard.user_id = listener.user_id
        )::integer AS hours_with_play
    FROM (
        SELECT user_id FROM unnest(%(keys)b::int []) AS asked (user_id)
        UNION
        SELECT DISTINCT user_id FROM backbeat.listened_hours
        WHERE %(keys)b::int [] IS NULL
        UNION
        SELECT user_id FROM user_distinct_play_hours
        WHERE %(keys)b::int [] IS NULL
    ) AS listener
    OFFSET 0 -- counted once a user
) AS counted
WHERE
    counted.hours_with_play > 0
    OR EXISTS (SELECT FROM user_distinct_play_hours AS kept WHERE kept.user_id = counted.user_id)
