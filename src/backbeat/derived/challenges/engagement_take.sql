-- The next rewards that can be claimed, in the order in which they could be. They leave the queue, whatever is decided;
-- no row of it is ever updated, so each is where it was found. What was completed later than the queue says, after it was
-- taken back or by a correction, waits from then.
WITH due AS MATERIALIZED (
    SELECT waiting.*
    FROM challenges AS reward
    CROSS JOIN LATERAL (
        SELECT
            kept.ctid AS place,
            kept.challenge_id,
            kept.completed_at,
            kept.specifier,
            backbeat.claimable_edge(reward, %(now)s::timestamp) AS edge
        FROM backbeat.cooldowns AS kept
        WHERE
            kept.challenge_id = reward.id
            AND kept.completed_at < backbeat.claimable_edge(reward, %(now)s::timestamp)
        ORDER BY kept.completed_at, kept.specifier
        LIMIT %(rows_max)s
    ) AS waiting
    ORDER BY waiting.completed_at + (%(now)s::timestamp - waiting.edge), waiting.challenge_id, waiting.specifier
    LIMIT %(rows_max)s
),
decided AS (
    DELETE FROM backbeat.cooldowns
    WHERE ctid = ANY (ARRAY(SELECT due.place FROM due))
),
found AS MATERIALIZED (
    SELECT
        due.challenge_id,
        due.specifier,
        earned.user_id,
        earned.is_complete,
        coalesce(earned.completed_at, due.completed_at) AS completed_at,
        coalesce(earned.completed_at >= due.edge, false) AS waits,
        %(now)s::timestamp - due.edge AS cooldown
    FROM due
    LEFT JOIN user_challenges AS earned ON earned.challenge_id = due.challenge_id AND earned.specifier = due.specifier
),
put_off AS (
    INSERT INTO backbeat.cooldowns (challenge_id, completed_at, specifier)
    SELECT found.challenge_id, found.completed_at, found.specifier
    FROM found
    WHERE found.waits AND found.is_complete
    ON CONFLICT DO NOTHING
)
SELECT
    found.challenge_id,
    found.specifier,
    coalesce(found.user_id, 0) AS user_id,
    found.completed_at,
    coalesce(found.is_complete, false)
    AND NOT found.waits
    AND 0 = (
        SELECT count(*) FROM backbeat.paid_rewards AS paid
        WHERE paid.challenge_id = found.challenge_id AND paid.specifier = found.specifier
    ) AS is_claimable,
    EXISTS (
        SELECT
        FROM notification AS told
        WHERE
            told.type = 'claimable_reward' AND told.user_ids[1] = found.user_id
            AND told."timestamp" >= found.completed_at - %(apart)s::interval
            AND told."timestamp" <= found.completed_at + %(apart)s::interval
    ) AS is_near
FROM found
ORDER BY found.completed_at + found.cooldown, found.challenge_id, found.specifier
