-- Completed rewards that have a cooldown wait until it is over. Those completed before 2024-06-06 wait for nothing: the
-- network has told of cooldowns since then, and of nothing before (domain: derived state, 4.6).
CREATE OR REPLACE FUNCTION backbeat.start_cooldowns(completed user_challenges[]) RETURNS void
LANGUAGE sql SET search_path = pg_catalog, public, pg_temp AS $$
    INSERT INTO backbeat.cooldowns (challenge_id, completed_at, specifier)
    SELECT
        c.challenge_id,
        c.completed_at,
        c.specifier
    FROM unnest(completed) AS c
    JOIN challenges AS reward ON reward.id = c.challenge_id AND reward.cooldown_days > 0
    WHERE c.completed_at >= '2024-06-06'
    ORDER BY 1, 2, 3
    ON CONFLICT DO NOTHING
$$;
