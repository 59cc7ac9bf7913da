SELECT
    'v' AS challenge_id,
    to_hex(u.user_id) AS specifier,
    true AS is_complete,
    1 AS current_step_count,
    u.blocknumber AS completed_blocknumber,
    %(amount)s::integer AS amount,
    u.updated_at AS completed_at,
    u.user_id,
    u.updated_at AT TIME ZONE 'UTC' AS created_at
FROM users AS u
WHERE
    (%(keys)b::integer [] IS NULL OR u.user_id = ANY (%(keys)b::integer []))
    AND backbeat.is_active(u) AND u.is_verified
    AND u.blocknumber >= %(starting_block)s::integer
    AND NOT EXISTS (
        SELECT FROM user_challenges AS done WHERE done.challenge_id = 'v' AND done.specifier = to_hex(u.user_id)
    )
