-- Counts the rewards that users earned within three minutes of signing up, for the users of the completed rows.
CREATE OR REPLACE FUNCTION backbeat.count_early_challenges(completed user_challenges[]) RETURNS void
LANGUAGE sql SET search_path = pg_catalog, public, pg_temp AS $$
    WITH counted AS (
        SELECT earner.user_id, (
            SELECT count(*)
            FROM users AS u
            JOIN user_challenges AS earned ON earned.user_id = u.user_id
            WHERE
                u.user_id = earner.user_id AND u.is_current
                AND backbeat.is_fast_challenge(earned, u.created_at)
        )::integer AS challenge_count
        FROM (SELECT DISTINCT user_id FROM unnest(completed)) AS earner
    )
    INSERT INTO user_score_features AS kept (user_id, challenge_count, updated_at)
    SELECT counted.user_id, counted.challenge_count, now()
    FROM counted
    LEFT JOIN LATERAL (
        SELECT * FROM user_score_features AS one WHERE one.user_id = counted.user_id
        OFFSET 0 -- by its id, not beside all others
    ) AS stored ON true
    WHERE stored.user_id IS NULL OR stored.challenge_count IS DISTINCT FROM counted.challenge_count
    ORDER BY counted.user_id
    ON CONFLICT (user_id) DO UPDATE SET challenge_count = excluded.challenge_count, updated_at = excluded.updated_at
$$;
