-- Plays are pruned, their months are not. Where another writer counts the first plays of a track meanwhile, this statement
-- did not see them, so both are added.
INSERT INTO aggregate_plays AS kept (play_item_id, count)
SELECT
    monthly.play_item_id,
    sum(monthly.count)
FROM aggregate_monthly_plays AS monthly
WHERE
    monthly.play_item_id = ANY (%(keys)b::int [])
    AND NOT EXISTS (SELECT FROM aggregate_plays AS there WHERE there.play_item_id = monthly.play_item_id)
GROUP BY monthly.play_item_id
HAVING sum(monthly.count) > 0
ORDER BY monthly.play_item_id
ON CONFLICT (play_item_id) DO UPDATE SET count = coalesce(kept.count, 0) + excluded.count
RETURNING play_item_id
