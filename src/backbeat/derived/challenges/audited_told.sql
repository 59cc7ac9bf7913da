-- Complete rows as users were told of them, and as they were paid. What neither tells is as it stands. Of a row that nobody
-- was told of it is not known whether it is complete; where there is no such user or challenge there should be no row.
WITH held AS MATERIALIZED (
    SELECT * FROM user_challenges WHERE user_id = ANY (%(keys)b::integer [])
),
told AS MATERIALIZED (
    SELECT DISTINCT ON (challenge_id, specifier)
        notice.data ->> 'challenge_id' AS challenge_id,
        notice.data ->> 'specifier' AS specifier,
        notice.user_ids[1] AS user_id,
        notice.blocknumber AS completed_blocknumber,
        (notice.data ->> 'amount')::numeric::bigint AS amount,
        notice."timestamp" AS completed_at
    FROM unnest(%(keys)b::integer []) AS asked (user_id)
    CROSS JOIN LATERAL (
        SELECT * FROM notification
        WHERE user_ids @> ARRAY[asked.user_id] AND type IN ('claimable_reward', 'reward_in_cooldown')
        OFFSET 0
    ) AS notice
    WHERE
        jsonb_typeof(notice.data -> 'amount') = 'number'
        AND notice.group_id = format(
            '%%s:%%s:challenge:%%s:specifier:%%s',
            notice.type, asked.user_id, notice.data ->> 'challenge_id', notice.data ->> 'specifier'
        )
    ORDER BY challenge_id, specifier, notice.id
),
paid AS MATERIALIZED (
    SELECT
        paid.challenge_id,
        paid.specifier,
        paid.user_id
    FROM challenge_disbursements AS paid
    WHERE paid.user_id = ANY (%(keys)b::integer [])
)
SELECT
    coalesce(told.challenge_id, held.challenge_id) AS challenge_id,
    coalesce(told.specifier, held.specifier) AS specifier,
    coalesce(told.user_id, held.user_id) AS user_id,
    CASE WHEN told.specifier IS NOT NULL OR paid.specifier IS NOT NULL THEN true END AS is_complete,
    CASE WHEN told.specifier IS NULL THEN held.completed_blocknumber ELSE told.completed_blocknumber END
        AS completed_blocknumber,
    coalesce(told.amount, held.amount) AS amount,
    CASE WHEN told.specifier IS NULL THEN held.completed_at ELSE told.completed_at END AS completed_at
FROM held
FULL JOIN told ON told.challenge_id = held.challenge_id AND told.specifier = held.specifier
LEFT JOIN paid ON paid.challenge_id = held.challenge_id AND paid.specifier = held.specifier
WHERE
    EXISTS (SELECT FROM users AS earner WHERE earner.user_id = coalesce(told.user_id, held.user_id))
    AND EXISTS (SELECT FROM challenges AS reward WHERE reward.id = coalesce(told.challenge_id, held.challenge_id))
