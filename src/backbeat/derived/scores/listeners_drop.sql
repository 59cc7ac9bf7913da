-- Takes out of the sets of the users in "keys" what no play tells of and no pruning explains: listeners_wrong.sql.
WITH pruned AS MATERIALIZED (
    SELECT coalesce(
        (SELECT floor(last_checkpoint / 3600)::integer FROM indexing_checkpoints WHERE tablename = 'plays_pruned_until'),
        -1
    ) AS hour
),
hours AS (
    DELETE FROM backbeat.listened_hours AS kept
    USING (
        SELECT
            asked.user_id,
            wrong.hour
        FROM unnest(%(keys)b::int []) AS asked (user_id)
        CROSS JOIN LATERAL (
            SELECT hour
            FROM backbeat.listened_hours
            WHERE user_id = asked.user_id AND hour > (SELECT pruned.hour FROM pruned)
            EXCEPT
            SELECT floor(extract(EPOCH FROM created_at) / 3600)::integer
            FROM plays
            WHERE user_id = asked.user_id
            OFFSET 0
        ) AS wrong
    ) AS unplayed
    WHERE kept.user_id = unplayed.user_id AND kept.hour = unplayed.hour
)
DELETE FROM backbeat.listened_tracks AS kept
USING (
    SELECT
        asked.user_id,
        wrong.track_id
    FROM unnest(%(keys)b::int []) AS asked (user_id)
    CROSS JOIN LATERAL (
        SELECT track_id
        FROM backbeat.listened_tracks
        WHERE user_id = asked.user_id
        EXCEPT
        SELECT play_item_id
        FROM plays
        WHERE user_id = asked.user_id
        OFFSET 0
    ) AS wrong
    WHERE NOT EXISTS (
        SELECT FROM backbeat.listened_hours AS early
        WHERE early.user_id = asked.user_id AND early.hour <= (SELECT pruned.hour FROM pruned)
    )
) AS unplayed
WHERE kept.user_id = unplayed.user_id AND kept.track_id = unplayed.track_id
