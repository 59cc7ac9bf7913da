-- The edges of a user are read once from either side; who has none has no set.
SELECT
    counts.user_id,
    backbeat.roaring(edges.followees) AS followees_bitmap,
    backbeat.roaring(edges.followers) AS followers_bitmap,
    clock_timestamp() AT TIME ZONE 'UTC' AS updated_at
FROM aggregate_user AS counts
CROSS JOIN LATERAL (
    SELECT
        ARRAY(
            SELECT followee_user_id FROM follows
            WHERE follower_user_id = counts.user_id AND is_current AND NOT is_delete
        ) AS followees,
        ARRAY(
            SELECT follower_user_id FROM follows
            WHERE followee_user_id = counts.user_id AND is_current AND NOT is_delete
        ) AS followers
    OFFSET 0
) AS edges
WHERE
    (%(keys)b::int [] IS NULL OR counts.user_id = ANY (%(keys)b::int []))
    AND cardinality(edges.followees) + cardinality(edges.followers) > 0
