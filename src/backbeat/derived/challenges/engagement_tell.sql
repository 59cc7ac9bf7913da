INSERT INTO notification (user_ids, type, group_id, specifier, blocknumber, "timestamp", data)
SELECT
    ARRAY[earned.user_id],
    'claimable_reward',
    format(
        'claimable_reward:%%s:challenge:%%s:specifier:%%s', earned.user_id, earned.challenge_id, earned.specifier
    ),
    earned.specifier,
    earned.completed_blocknumber,
    earned.completed_at,
    jsonb_build_object('specifier', earned.specifier, 'challenge_id', earned.challenge_id, 'amount', earned.amount)
FROM unnest(%(challenge_ids)s::text [], %(specifiers)s::text []) WITH ORDINALITY AS told (
    challenge_id, specifier, place
)
JOIN user_challenges AS earned ON earned.challenge_id = told.challenge_id AND earned.specifier = told.specifier
ORDER BY told.place
ON CONFLICT (group_id, specifier) DO NOTHING
