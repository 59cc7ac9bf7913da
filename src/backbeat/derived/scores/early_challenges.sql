SELECT
    u.user_id,
    counted.challenge_count
FROM users AS u
CROSS JOIN LATERAL (
    SELECT count(*)::integer AS challenge_count
    FROM user_challenges AS earned
    WHERE
        earned.user_id = u.user_id AND backbeat.is_fast_challenge(earned, u.created_at)
) AS counted
WHERE
    u.is_current AND (%(keys)b::int [] IS NULL OR u.user_id = ANY (%(keys)b::int []))
    AND (
        counted.challenge_count > 0
        OR EXISTS (SELECT FROM user_score_features AS kept WHERE kept.user_id = u.user_id)
    )
