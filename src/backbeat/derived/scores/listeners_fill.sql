-- Puts into the sets whatever the plays say and the sets do not; for the users in "keys", or for all.
WITH heard AS MATERIALIZED (
    SELECT
        user_id,
        play_item_id AS track_id,
        floor(extract(EPOCH FROM created_at) / 3600)::integer AS hour
    FROM plays
    WHERE id <= %(upto)s AND user_id IS NOT NULL AND (%(keys)b::int [] IS NULL OR user_id = ANY (%(keys)b::int []))
),
new_hours AS (
    INSERT INTO backbeat.listened_hours (user_id, hour)
    SELECT
        user_id,
        hour
    FROM heard
    EXCEPT
    SELECT
        user_id,
        hour
    FROM backbeat.listened_hours
    WHERE %(keys)b::int [] IS NULL OR user_id = ANY (%(keys)b::int [])
    ORDER BY user_id, hour
    RETURNING 1
),
new_tracks AS (
    INSERT INTO backbeat.listened_tracks (user_id, track_id)
    SELECT
        user_id,
        track_id
    FROM heard
    EXCEPT
    SELECT
        user_id,
        track_id
    FROM backbeat.listened_tracks
    WHERE %(keys)b::int [] IS NULL OR user_id = ANY (%(keys)b::int [])
    ORDER BY user_id, track_id
    RETURNING 1
)
SELECT
    (SELECT count(*) FROM new_hours) AS hours,
    (SELECT count(*) FROM new_tracks) AS tracks
