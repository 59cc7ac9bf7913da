-- Users of whom plays tell more than the sets do. That sets tell more than plays is what they are for.
WITH played AS MATERIALIZED (
    SELECT
        user_id,
        play_item_id AS track_id,
        floor(extract(EPOCH FROM created_at) / 3600)::integer AS hour
    FROM plays
    WHERE id <= %(upto)s AND user_id IS NOT NULL AND (%(keys)b::int [] IS NULL OR user_id = ANY (%(keys)b::int []))
),
hours AS (
    SELECT
        user_id,
        hour
    FROM backbeat.listened_hours
    WHERE %(keys)b::int [] IS NULL OR user_id = ANY (%(keys)b::int [])
),
tracks AS (
    SELECT
        user_id,
        track_id
    FROM backbeat.listened_tracks
    WHERE %(keys)b::int [] IS NULL OR user_id = ANY (%(keys)b::int [])
)
SELECT user_id FROM (SELECT user_id, hour FROM played EXCEPT SELECT user_id, hour FROM hours) AS unheard_hours
UNION
SELECT user_id FROM (SELECT user_id, track_id FROM played EXCEPT SELECT user_id, track_id FROM tracks) AS unheard_tracks
ORDER BY user_id
