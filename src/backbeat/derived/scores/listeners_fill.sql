-- Puts into the sets of the users in "keys" what their plays say and the sets do not. A play beyond the checkpoint may be
-- among them: its pairs are then in when its turn comes, and counted once. The index of plays by user answers alone. Users
-- are looked up one by one, because of sets that are being filled for the first time nobody can tell the size.
WITH heard AS MATERIALIZED (
    SELECT
        asked.user_id,
        played.track_id,
        floor(extract(EPOCH FROM played.created_at) / 3600)::integer AS hour
    FROM unnest(%(keys)b::int []) AS asked (user_id)
    CROSS JOIN LATERAL (
        SELECT
            play_item_id AS track_id,
            created_at
        FROM plays
        WHERE user_id = asked.user_id
        OFFSET 0
    ) AS played
),
kept_hours AS (
    SELECT kept.*
    FROM unnest(%(keys)b::int []) AS asked (user_id)
    CROSS JOIN LATERAL (SELECT * FROM backbeat.listened_hours WHERE user_id = asked.user_id OFFSET 0) AS kept
),
kept_tracks AS (
    SELECT kept.*
    FROM unnest(%(keys)b::int []) AS asked (user_id)
    CROSS JOIN LATERAL (SELECT * FROM backbeat.listened_tracks WHERE user_id = asked.user_id OFFSET 0) AS kept
),
new_hours AS (
    INSERT INTO backbeat.listened_hours (user_id, hour)
    SELECT
        user_id,
        hour
    FROM (SELECT DISTINCT user_id, hour FROM heard) AS fresh
    WHERE NOT EXISTS (SELECT FROM kept_hours AS kept WHERE kept.user_id = fresh.user_id AND kept.hour = fresh.hour)
    ORDER BY user_id, hour
    RETURNING 1
),
new_tracks AS (
    INSERT INTO backbeat.listened_tracks (user_id, track_id)
    SELECT
        user_id,
        track_id
    FROM (SELECT DISTINCT user_id, track_id FROM heard) AS fresh
    WHERE NOT EXISTS (
        SELECT FROM kept_tracks AS kept WHERE kept.user_id = fresh.user_id AND kept.track_id = fresh.track_id
    )
    ORDER BY user_id, track_id
    RETURNING 1
)
SELECT
    (SELECT count(*) FROM new_hours) AS hours,
    (SELECT count(*) FROM new_tracks) AS tracks
