-- Plays are pruned, their months are not; plays that were only told have no months. Where another writer counts the first plays of a track meanwhile, this statement
-- did not see them, so both are added.
INSERT INTO aggregate_plays AS kept (play_item_id, count)
SELECT
    counted.track_id,
    sum(counted.plays)
FROM (
    SELECT play_item_id AS track_id, count AS plays
    FROM aggregate_monthly_plays
    WHERE play_item_id = ANY (%(keys)b::int [])
    UNION ALL
    SELECT track_id, plays
    FROM backbeat.told_plays
    WHERE track_id = ANY (%(keys)b::int [])
) AS counted
WHERE NOT EXISTS (SELECT FROM aggregate_plays AS there WHERE there.play_item_id = counted.track_id)
GROUP BY counted.track_id
HAVING sum(counted.plays) > 0
ORDER BY counted.track_id
ON CONFLICT (play_item_id) DO UPDATE SET count = coalesce(kept.count, 0) + excluded.count
RETURNING play_item_id
