-- Brings the users to what the query says and answers the difference: by how much whose weight moved, and whose own tracks
-- are taken otherwise than before.
WITH fresh AS MATERIALIZED (
    SELECT * FROM {query} AS computed
),
differing AS MATERIALIZED (
    SELECT
        user_id,
        fresh.weight,
        fresh.is_muted,
        fresh.is_small,
        fresh.weight IS NULL AS vanishes,
        stored.weight IS NULL AS appears,
        coalesce(fresh.weight, 0) - coalesce(stored.weight, 0) AS delta,
        (fresh.is_muted, fresh.is_small) IS DISTINCT FROM (stored.is_muted, stored.is_small) AS stands_otherwise
    FROM fresh
    FULL JOIN (
        SELECT * FROM backbeat.trending_users WHERE user_id = ANY (%(keys)b::integer [])
    ) AS stored USING (user_id)
    WHERE
        (fresh.weight, fresh.is_muted, fresh.is_small)
        IS DISTINCT FROM (stored.weight, stored.is_muted, stored.is_small)
),
updated AS (
    UPDATE backbeat.trending_users AS kept
    SET (weight, is_muted, is_small) = ROW (differing.weight, differing.is_muted, differing.is_small)
    FROM differing
    WHERE kept.user_id = differing.user_id AND NOT differing.vanishes
),
inserted AS (
    INSERT INTO backbeat.trending_users (user_id, weight, is_muted, is_small)
    SELECT
        user_id,
        weight,
        is_muted,
        is_small
    FROM differing
    WHERE appears
),
deleted AS (
    DELETE FROM backbeat.trending_users AS kept
    USING differing
    WHERE kept.user_id = differing.user_id AND differing.vanishes
)
SELECT
    coalesce(array_agg(user_id ORDER BY user_id) FILTER (WHERE delta <> 0), '{{}}') AS users,
    coalesce(array_agg(delta ORDER BY user_id) FILTER (WHERE delta <> 0), '{{}}')::bigint [] AS deltas,
    coalesce(array_agg(user_id) FILTER (WHERE stands_otherwise), '{{}}') AS owners
FROM differing
