SELECT DISTINCT ON (came.user_id)
    'rd' AS challenge_id,
    to_hex(came.user_id) AS specifier,
    true AS is_complete,
    1 AS current_step_count,
    came.blocknumber AS completed_blocknumber,
    %(amount)s::integer AS amount,
    frontier.block_time AS completed_at,
    came.user_id,
    frontier.block_time AT TIME ZONE 'UTC' AS created_at
FROM user_events AS came
CROSS JOIN backbeat.frontier
WHERE
    (%(keys)b::integer [] IS NULL OR came.user_id = ANY (%(keys)b::integer []))
    AND came.is_current AND came.referrer <> came.user_id
    AND came.blocknumber >= %(starting_block)s::integer
    AND NOT EXISTS (
        SELECT FROM user_challenges AS done WHERE done.user_id = came.user_id AND done.challenge_id = 'rd'
    )
    AND NOT EXISTS (
        SELECT FROM backbeat.deactivated_users AS u WHERE u.user_id = came.user_id
    )
ORDER BY came.user_id, came.id
