-- Takes out of the sets of the users in "keys" what no play tells of and no pruning explains, as listeners_wrong.sql.
WITH pruned AS MATERIALIZED (
    SELECT gone.hour FROM backbeat.plays_gone AS gone
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
            SELECT backbeat.hour_of(created_at)
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
    WHERE
        (SELECT pruned.hour FROM pruned) < (
            SELECT min(heard.hour) FROM backbeat.listened_hours AS heard
            WHERE heard.user_id = asked.user_id
        )
) AS unplayed
WHERE kept.user_id = unplayed.user_id AND kept.track_id = unplayed.track_id
