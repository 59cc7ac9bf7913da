-- What every user lends and is lent, counted from the base rows. Rows that say nothing are not kept.
WITH counted AS MATERIALIZED (
    SELECT
        user_id,
        coalesce(follower_count, 0) AS follower_count,
        backbeat.karma_weight(follower_count, following_count) AS weight
    FROM aggregate_user
    WHERE %(keys)b::int [] IS NULL OR user_id = ANY (%(keys)b::int [])
),
lent AS (
    SELECT
        edge.followee_user_id AS user_id,
        sum(follower.follower_count)::bigint AS follower_sum
    FROM counted
    JOIN follows AS edge
        ON edge.followee_user_id = counted.user_id AND edge.is_current AND NOT edge.is_delete
    JOIN aggregate_user AS follower
        ON follower.user_id = edge.follower_user_id AND backbeat.lends_karma(follower.following_count)
    WHERE backbeat.is_lent_karma(counted.follower_count)
    GROUP BY edge.followee_user_id
)
SELECT
    counted.user_id,
    counted.weight,
    CASE WHEN backbeat.is_lent_karma(counted.follower_count) THEN coalesce(lent.follower_sum, 0) END AS follower_sum
FROM counted
LEFT JOIN lent ON lent.user_id = counted.user_id
WHERE counted.weight <> 0 OR backbeat.is_lent_karma(counted.follower_count)
