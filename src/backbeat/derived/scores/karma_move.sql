-- For the users in "keys": what they lend is compared with what they lent so far, and what they are lent is counted again
-- from what everybody lends. Everybody whom they follow gets the difference, netted over all of them. Only so many are
-- changed at once that no more than "fan_out_max" edges follow, the first of them in any case; the others are answered.
--
-- An edge that this statement sees before its log row is taken only delays: its followee is counted again when it is.
WITH keyed AS MATERIALIZED (
    SELECT
        asked.user_id,
        coalesce(counts.follower_count, 0) AS follower_count,
        backbeat.karma_weight(counts.follower_count, counts.following_count) AS weight,
        greatest(coalesce(counts.following_count, 0), 0) AS edges,
        coalesce(kept.weight, 0) AS old_weight,
        kept.follower_sum AS old_sum
    FROM unnest(%(keys)b::int []) AS asked (user_id)
    LEFT JOIN aggregate_user AS counts ON counts.user_id = asked.user_id
    LEFT JOIN backbeat.karma AS kept ON kept.user_id = asked.user_id
),
ordered AS (
    SELECT
        user_id,
        weight,
        weight - old_weight AS delta,
        sum(edges) OVER (ORDER BY user_id ROWS UNBOUNDED PRECEDING) - edges AS edges_before,
        row_number() OVER (ORDER BY user_id) AS place
    FROM keyed
    WHERE weight <> old_weight
),
moved AS MATERIALIZED (
    SELECT
        user_id,
        weight,
        delta
    FROM ordered
    WHERE place = 1 OR edges_before < %(fan_out_max)s::bigint
),
lent AS (
    SELECT
        keyed.user_id,
        sum(coalesce(moved.weight, follower.weight, 0))::bigint AS follower_sum
    FROM keyed
    JOIN follows AS edge ON edge.followee_user_id = keyed.user_id AND edge.is_current AND NOT edge.is_delete
    LEFT JOIN moved ON moved.user_id = edge.follower_user_id
    LEFT JOIN backbeat.karma AS follower ON follower.user_id = edge.follower_user_id
    WHERE backbeat.is_lent_karma(keyed.follower_count)
    GROUP BY keyed.user_id
),
spread AS (
    SELECT
        edge.followee_user_id AS user_id,
        sum(moved.delta)::bigint AS delta
    FROM moved
    JOIN follows AS edge ON edge.follower_user_id = moved.user_id AND edge.is_current AND NOT edge.is_delete
    GROUP BY edge.followee_user_id
    HAVING sum(moved.delta) <> 0
),
fresh AS MATERIALIZED (
    SELECT
        keyed.user_id,
        coalesce(moved.weight, keyed.old_weight) AS weight,
        CASE WHEN backbeat.is_lent_karma(keyed.follower_count) THEN coalesce(lent.follower_sum, 0) END AS follower_sum,
        keyed.old_weight,
        keyed.old_sum
    FROM keyed
    LEFT JOIN moved ON moved.user_id = keyed.user_id
    LEFT JOIN lent ON lent.user_id = keyed.user_id
    UNION ALL
    SELECT
        kept.user_id,
        kept.weight,
        kept.follower_sum + spread.delta,
        kept.weight,
        kept.follower_sum
    FROM spread
    JOIN backbeat.karma AS kept ON kept.user_id = spread.user_id
    WHERE kept.follower_sum IS NOT NULL AND NOT EXISTS (SELECT FROM keyed WHERE keyed.user_id = spread.user_id)
),
written AS (
    INSERT INTO backbeat.karma AS kept (user_id, weight, follower_sum)
    SELECT
        user_id,
        weight,
        follower_sum
    FROM fresh
    WHERE
        (weight, follower_sum) IS DISTINCT FROM (old_weight, old_sum)
        AND (weight <> 0 OR follower_sum IS NOT NULL)
    ORDER BY user_id
    ON CONFLICT (user_id) DO UPDATE SET weight = excluded.weight, follower_sum = excluded.follower_sum
    RETURNING xmax = 0 AS is_new
),
deleted AS (
    DELETE FROM backbeat.karma AS kept
    USING fresh
    WHERE kept.user_id = fresh.user_id AND fresh.weight = 0 AND fresh.follower_sum IS NULL
    RETURNING 1
)
SELECT
    (SELECT count(*) FROM fresh) AS computed,
    (SELECT count(*) FROM written WHERE is_new) AS inserted,
    (SELECT count(*) FROM written WHERE NOT is_new) AS updated,
    (SELECT count(*) FROM deleted) AS deleted,
    (SELECT count(*) FROM ordered) - (SELECT count(*) FROM moved) AS beyond,
    ARRAY(
        SELECT user_id FROM ordered WHERE NOT EXISTS (SELECT FROM moved WHERE moved.user_id = ordered.user_id)
        ORDER BY user_id
    ) AS waiting
