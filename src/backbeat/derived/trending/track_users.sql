-- What a user is to trending. A user with a complete profile lends the tracks that it saves or reposts the number of its
-- followers (domain: derived state 2.1); the tracks of a user with fewer than three do not trend (2.2).
SELECT
    kept.user_id,
    judged.weight,
    backbeat.is_muted(kept.follower_count) AS is_muted,
    coalesce(backbeat.is_small_artist(kept), false) AS is_small
FROM aggregate_user AS kept
LEFT JOIN users AS u
    ON u.user_id = kept.user_id AND u.is_current
    AND (%(keys)b::integer [] IS NULL OR u.user_id = ANY (%(keys)b::integer []))
CROSS JOIN LATERAL (
    SELECT
        CASE
            WHEN backbeat.has_complete_profile(u)
                THEN greatest(kept.follower_count, 0) -- counts that drifted below 0 weigh nothing
            ELSE 0
        END AS weight
) AS judged
WHERE
    (%(keys)b::integer [] IS NULL OR kept.user_id = ANY (%(keys)b::integer []))
    AND (
        judged.weight <> 0
        OR EXISTS (SELECT FROM tracks AS t WHERE t.owner_id = kept.user_id AND t.is_current)
    )
