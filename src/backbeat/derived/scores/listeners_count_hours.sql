SELECT
    coalesce(heard.user_id, kept.user_id) AS user_id,
    coalesce(heard.found, 0)::integer AS hours_with_play
FROM (
    SELECT
        user_id,
        count(*) AS found
    FROM backbeat.listened_hours
    WHERE %(keys)b::int [] IS NULL OR user_id = ANY (%(keys)b::int [])
    GROUP BY user_id
) AS heard
FULL JOIN (
    SELECT user_id
    FROM user_distinct_play_hours
    WHERE %(keys)b::int [] IS NULL OR user_id = ANY (%(keys)b::int [])
) AS kept ON kept.user_id = heard.user_id
