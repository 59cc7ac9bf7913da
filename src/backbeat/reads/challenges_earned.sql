SELECT
    earned.challenge_id,
    earned.specifier,
    earned.is_complete,
    earned.current_step_count,
    earned.amount,
    earned.completed_at,
    earned.completed_blocknumber,
    EXISTS (
        SELECT FROM backbeat.paid_rewards AS paid
        WHERE paid.challenge_id = earned.challenge_id AND paid.specifier = earned.specifier
    ) AS disbursed
FROM user_challenges AS earned
WHERE
    earned.user_id = %(user_id)s
    AND (%(challenge_id)s::text IS NULL OR earned.challenge_id = %(challenge_id)s::text)
ORDER BY earned.created_at DESC, earned.challenge_id, earned.specifier
LIMIT %(limit)s
