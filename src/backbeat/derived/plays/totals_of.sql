-- The plays of some tracks by month, which outlive the plays themselves, and those that were only told.
SELECT
    counted.play_item_id,
    sum(counted.plays)::bigint AS count
FROM (
    SELECT
        play_item_id,
        count AS plays
    FROM aggregate_monthly_plays
    WHERE play_item_id = ANY (%(keys)b::integer [])
    UNION ALL
    SELECT
        track_id,
        plays
    FROM backbeat.told_plays
    WHERE track_id = ANY (%(keys)b::integer [])
) AS counted
GROUP BY counted.play_item_id
