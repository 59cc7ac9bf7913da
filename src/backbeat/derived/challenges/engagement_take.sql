-- The next rewards that can be claimed, in the order in which they could be. They leave the queue, whatever is decided;
-- no row of it is ever updated, so each is where it was found.
WITH due AS MATERIALIZED (
    SELECT waiting.*
    FROM challenges AS reward
    CROSS JOIN LATERAL (
        SELECT
            kept.ctid AS place,
            kept.challenge_id,
            kept.completed_at,
            kept.specifier,
            kept.completed_at + (%(now)s::timestamp - backbeat.claimable_edge(reward, %(now)s::timestamp)) AS due_at
        FROM backbeat.cooldowns AS kept
        WHERE
            kept.challenge_id = reward.id
            AND kept.completed_at < backbeat.claimable_edge(reward, %(now)s::timestamp)
        ORDER BY kept.completed_at, kept.specifier
        LIMIT %(rows_max)s
    ) AS waiting
    ORDER BY waiting.due_at, waiting.challenge_id, waiting.specifier
    LIMIT %(rows_max)s
),
decided AS (
    DELETE FROM backbeat.cooldowns
    WHERE ctid = ANY (ARRAY(SELECT due.place FROM due))
)
SELECT
    due.challenge_id,
    due.specifier,
    coalesce(earned.user_id, 0) AS user_id,
    coalesce(earned.completed_at, due.completed_at) AS completed_at,
    coalesce(earned.is_complete, false)
    AND 0 = (
        SELECT count(*) FROM backbeat.paid_rewards AS paid
        WHERE paid.challenge_id = due.challenge_id AND paid.specifier = due.specifier
    ) AS is_claimable,
    EXISTS (
        SELECT
        FROM notification AS told
        WHERE
            told.type = 'claimable_reward' AND told.user_ids[1] = earned.user_id
            AND told."timestamp" >= earned.completed_at - %(apart)s::interval
            AND told."timestamp" <= earned.completed_at + %(apart)s::interval
    ) AS is_near
FROM due
LEFT JOIN user_challenges AS earned ON earned.challenge_id = due.challenge_id AND earned.specifier = due.specifier
ORDER BY due.due_at, due.challenge_id, due.specifier
