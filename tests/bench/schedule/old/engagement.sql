-- In the two stages of the repaired form: candidates first.
WITH candidate AS MATERIALIZED (
    SELECT
        uc.user_id, uc.challenge_id, uc.specifier, uc.amount, uc.completed_at, uc.completed_blocknumber,
        format('claimable_reward:%%s:challenge:%%s:specifier:%%s', uc.user_id, uc.challenge_id, uc.specifier) AS group_id
    FROM user_challenges AS uc
    JOIN challenges AS c ON c.id = uc.challenge_id AND c.cooldown_days = 7
    WHERE
        uc.is_complete AND uc.completed_at >= '2024-06-06' AND uc.completed_at < %(now)s::timestamp - interval '7 days'
        AND NOT EXISTS (
            SELECT FROM challenge_disbursements AS paid
            WHERE paid.challenge_id = uc.challenge_id AND paid.specifier = uc.specifier
        )
        AND NOT EXISTS (
            SELECT FROM notification AS told
            WHERE
                told.group_id = format(
                    'claimable_reward:%%s:challenge:%%s:specifier:%%s', uc.user_id, uc.challenge_id, uc.specifier
                )
                AND told.specifier = uc.specifier
        )
    LIMIT 500
)
INSERT INTO notification (specifier, group_id, type, blocknumber, "timestamp", data, user_ids)
SELECT
    specifier, group_id, 'claimable_reward', completed_blocknumber, completed_at,
    jsonb_build_object('specifier', specifier, 'challenge_id', challenge_id, 'amount', amount), ARRAY[user_id]
FROM candidate
WHERE NOT EXISTS (
    SELECT FROM notification AS near
    WHERE
        near.type = 'claimable_reward' AND near.user_ids @> ARRAY[candidate.user_id]
        AND near."timestamp" >= candidate.completed_at - interval '1 hour'
)
ON CONFLICT (group_id, specifier) DO NOTHING
