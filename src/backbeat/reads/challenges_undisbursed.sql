SELECT
    earned.challenge_id,
    earned.specifier,
    earned.user_id,
    earned.amount,
    earned.completed_at,
    coalesce(earned.completed_blocknumber, frontier.block_number, 0)::integer AS completed_blocknumber
FROM user_challenges AS earned
JOIN challenges AS reward ON reward.id = earned.challenge_id AND reward.active
JOIN users AS u ON u.user_id = earned.user_id AND backbeat.is_active(u)
LEFT JOIN backbeat.cursor AS frontier ON true
WHERE
    earned.is_complete
    AND (%(after)s::bigint <= 0 OR coalesce(earned.completed_blocknumber, frontier.block_number, 0) > %(after)s::bigint)
    AND NOT EXISTS (
        SELECT FROM backbeat.paid_rewards AS paid
        WHERE paid.challenge_id = earned.challenge_id AND paid.specifier = earned.specifier
    )
ORDER BY 6, earned.user_id, earned.challenge_id, earned.specifier
LIMIT %(limit)s
