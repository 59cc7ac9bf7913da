-- Users of whom plays and sets do not tell the same. A play counts as missing only up to the checkpoint. What no play
-- tells of may have been pruned: an hour up to the one until which plays were, and a track of whoever listened by then.
WITH pruned AS MATERIALIZED (
    SELECT coalesce(
        (SELECT floor(last_checkpoint / 3600)::integer FROM indexing_checkpoints WHERE tablename = 'plays_pruned_until'),
        -1
    ) AS hour
),
played AS NOT MATERIALIZED (
    SELECT
        user_id,
        play_item_id AS track_id,
        created_at,
        floor(extract(EPOCH FROM created_at) / 3600)::integer AS hour
    FROM plays
    WHERE user_id IS NOT NULL AND (%(keys)b::int [] IS NULL OR user_id = ANY (%(keys)b::int []))
),
hours AS NOT MATERIALIZED (
    SELECT
        user_id,
        hour
    FROM backbeat.listened_hours
    WHERE %(keys)b::int [] IS NULL OR user_id = ANY (%(keys)b::int [])
),
tracks AS NOT MATERIALIZED (
    SELECT
        user_id,
        track_id
    FROM backbeat.listened_tracks
    WHERE %(keys)b::int [] IS NULL OR user_id = ANY (%(keys)b::int [])
),
unheard AS (
    SELECT played.*
    FROM played
    WHERE NOT EXISTS (SELECT FROM hours WHERE hours.user_id = played.user_id AND hours.hour = played.hour)
    UNION ALL
    SELECT played.*
    FROM played
    WHERE NOT EXISTS (SELECT FROM tracks WHERE tracks.user_id = played.user_id AND tracks.track_id = played.track_id)
)
SELECT unheard.user_id
FROM unheard
WHERE EXISTS (
    SELECT FROM plays AS told
    WHERE
        told.user_id = unheard.user_id AND told.play_item_id = unheard.track_id
        AND told.created_at = unheard.created_at AND told.id <= %(upto)s
)
UNION
SELECT hours.user_id
FROM hours
JOIN pruned ON hours.hour > pruned.hour
WHERE NOT EXISTS (SELECT FROM played WHERE played.user_id = hours.user_id AND played.hour = hours.hour)
UNION
SELECT tracks.user_id
FROM tracks
WHERE
    NOT EXISTS (SELECT FROM played WHERE played.user_id = tracks.user_id AND played.track_id = tracks.track_id)
    AND NOT EXISTS (
        SELECT FROM backbeat.listened_hours AS early
        WHERE early.user_id = tracks.user_id AND early.hour <= (SELECT pruned.hour FROM pruned)
    )
ORDER BY user_id
