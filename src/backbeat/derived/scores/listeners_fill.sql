-- Puts into the sets of the users in "keys" what their plays say and the sets do not. A play beyond the checkpoint may be
-- among them: its pairs are then in when its turn comes, and counted once. The index of plays by user answers alone.
-- User by user: so nobody has to know how large sets are that are being filled for the first time.
WITH new_hours AS (
    INSERT INTO backbeat.listened_hours (user_id, hour)
    SELECT
        asked.user_id,
        fresh.hour
    FROM unnest(%(keys)b::int []) AS asked (user_id)
    CROSS JOIN LATERAL (
        SELECT backbeat.hour_of(created_at) AS hour
        FROM plays
        WHERE user_id = asked.user_id
        EXCEPT
        SELECT hour
        FROM backbeat.listened_hours
        WHERE user_id = asked.user_id
        ORDER BY hour
        OFFSET 0
    ) AS fresh
    RETURNING 1
),
new_tracks AS (
    INSERT INTO backbeat.listened_tracks (user_id, track_id)
    SELECT
        asked.user_id,
        fresh.track_id
    FROM unnest(%(keys)b::int []) AS asked (user_id)
    CROSS JOIN LATERAL (
        SELECT play_item_id AS track_id
        FROM plays
        WHERE user_id = asked.user_id
        EXCEPT
        SELECT track_id
        FROM backbeat.listened_tracks
        WHERE user_id = asked.user_id
        ORDER BY track_id
        OFFSET 0
    ) AS fresh
    RETURNING 1
)
SELECT
    (SELECT count(*) FROM new_hours) AS hours,
    (SELECT count(*) FROM new_tracks) AS tracks
