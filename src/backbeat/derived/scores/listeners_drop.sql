-- Takes out of the sets of the users in "keys" what no play tells of and no pruning explains: listeners_wrong.sql.
WITH pruned AS MATERIALIZED (
    SELECT coalesce(
        (SELECT floor(last_checkpoint / 3600)::integer FROM indexing_checkpoints WHERE tablename = 'plays_pruned_until'),
        -1
    ) AS hour
),
known AS MATERIALIZED ( -- users whose sets hold anything
    SELECT asked.user_id
    FROM unnest(%(keys)b::int []) AS asked (user_id)
    WHERE
        (SELECT 1 FROM backbeat.listened_hours AS kept WHERE kept.user_id = asked.user_id LIMIT 1) = 1
        OR (SELECT 1 FROM backbeat.listened_tracks AS kept WHERE kept.user_id = asked.user_id LIMIT 1) = 1
),
played AS MATERIALIZED (
    SELECT
        known.user_id,
        played.track_id,
        floor(extract(EPOCH FROM played.created_at) / 3600)::integer AS hour
    FROM known
    CROSS JOIN LATERAL (
        SELECT
            play_item_id AS track_id,
            created_at
        FROM plays
        WHERE user_id = known.user_id
        OFFSET 0
    ) AS played
),
hours AS MATERIALIZED (
    SELECT kept.*
    FROM known
    CROSS JOIN LATERAL (SELECT * FROM backbeat.listened_hours WHERE user_id = known.user_id OFFSET 0) AS kept
),
unplayed_hours AS (
    SELECT hours.*
    FROM hours
    JOIN pruned ON hours.hour > pruned.hour
    WHERE NOT EXISTS (SELECT FROM played WHERE played.user_id = hours.user_id AND played.hour = hours.hour)
),
unplayed_tracks AS (
    SELECT kept.*
    FROM known
    CROSS JOIN LATERAL (SELECT * FROM backbeat.listened_tracks WHERE user_id = known.user_id OFFSET 0) AS kept
    WHERE
        NOT EXISTS (SELECT FROM played WHERE played.user_id = kept.user_id AND played.track_id = kept.track_id)
        AND NOT EXISTS (SELECT FROM hours JOIN pruned ON hours.hour <= pruned.hour WHERE hours.user_id = kept.user_id)
),
dropped_hours AS (
    DELETE FROM backbeat.listened_hours AS kept
    USING unplayed_hours AS wrong
    WHERE kept.user_id = wrong.user_id AND kept.hour = wrong.hour
)
DELETE FROM backbeat.listened_tracks AS kept
USING unplayed_tracks AS wrong
WHERE kept.user_id = wrong.user_id AND kept.track_id = wrong.track_id
