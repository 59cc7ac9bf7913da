-- Whose the tracks were at any time: which of them was the owner at a play is judged.
SELECT
    held.owner_id AS key,
    sum(played.rows)::bigint AS rows
FROM (
    SELECT
        p.play_item_id,
        count(*) AS rows
    FROM plays AS p
    WHERE p.id > %(after)s AND p.id <= %(upto)s
    GROUP BY p.play_item_id
) AS played
CROSS JOIN LATERAL (
    SELECT DISTINCT t.owner_id FROM backbeat.track_versions AS t WHERE t.track_id = played.play_item_id
) AS held
GROUP BY held.owner_id
