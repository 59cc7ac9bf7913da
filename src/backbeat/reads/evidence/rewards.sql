-- Completed rewards of a range of blocks, or of time, each with the first transfer that paid it
SELECT
    earned.challenge_id,
    earned.specifier,
    earned.user_id,
    holder.wallet,
    earned.amount,
    earned.completed_at,
    earned.completed_blocknumber AS block_number,
    paid.signature AS paid_signature,
    paid.slot AS paid_slot
FROM user_challenges AS earned
LEFT JOIN users AS holder ON holder.user_id = earned.user_id AND holder.is_current
LEFT JOIN LATERAL (
    SELECT one.signature::text, one.slot::bigint AS slot
    FROM challenge_disbursements AS one
    WHERE one.challenge_id = earned.challenge_id AND one.specifier = earned.specifier
    UNION ALL
    SELECT other.signature::text, other.slot
    FROM sol_reward_disbursements AS other
    WHERE other.challenge_id = earned.challenge_id AND other.specifier = earned.specifier
    ORDER BY 2, 1
    LIMIT 1
) AS paid ON true
WHERE
    earned.is_complete
    AND (%(from_block)s::bigint IS NULL OR earned.completed_blocknumber >= %(from_block)s::bigint)
    AND (%(to_block)s::bigint IS NULL OR earned.completed_blocknumber <= %(to_block)s::bigint)
    AND (%(from_time)s::timestamp IS NULL OR earned.completed_at >= %(from_time)s::timestamp)
    AND (%(to_time)s::timestamp IS NULL OR earned.completed_at < %(to_time)s::timestamp)
ORDER BY earned.completed_blocknumber, earned.challenge_id COLLATE "C", earned.specifier COLLATE "C"
