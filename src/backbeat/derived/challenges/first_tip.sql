SELECT DISTINCT ON (tip.sender_user_id)
    'ft' AS challenge_id,
    to_hex(tip.sender_user_id) AS specifier,
    true AS is_complete,
    1 AS current_step_count,
    frontier.block_number AS completed_blocknumber,
    backbeat.audio(reward.amount) AS amount,
    tip.created_at AS completed_at,
    tip.sender_user_id AS user_id,
    tip.created_at AT TIME ZONE 'UTC' AS created_at
FROM user_tips AS tip
JOIN challenges AS reward ON reward.id = 'ft' AND reward.active
CROSS JOIN backbeat.frontier
WHERE
    (%(keys)b::text [] IS NULL OR tip.sender_user_id = ANY (%(keys)b::text []::integer []))
    AND tip.slot >= coalesce(reward.starting_block, 0)
    AND tip.created_at <= %(now)s::timestamptz AT TIME ZONE 'UTC'
    AND (%(keys)b::text [] IS NOT NULL OR (tip.created_at >= backbeat.began_from_now('ft')) IS NOT FALSE)
    AND NOT EXISTS (
        SELECT FROM user_challenges AS done
        WHERE done.challenge_id = 'ft' AND done.specifier = to_hex(tip.sender_user_id)
    )
    AND NOT EXISTS (
        SELECT FROM backbeat.deactivated_users AS u WHERE u.user_id = tip.sender_user_id
    )
ORDER BY tip.sender_user_id, tip.slot, tip.signature
