SELECT
    challenge_id,
    specifier,
    user_id,
    is_complete,
    current_step_count,
    amount,
    completed_blocknumber IS NOT NULL AS has_block
FROM user_challenges
