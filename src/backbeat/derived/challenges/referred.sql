-- The first block at whose end an active user had come through another while the challenge was on.
SELECT DISTINCT ON (came.user_id)
    'rd' AS challenge_id,
    to_hex(came.user_id) AS specifier,
    true AS is_complete,
    1 AS current_step_count,
    least(earned.block, frontier.block_number) AS completed_blocknumber,
    terms.amount,
    earned.at AS completed_at,
    came.user_id,
    earned.at AT TIME ZONE 'UTC' AS created_at
FROM (
    SELECT *
    FROM backbeat.arrival_versions AS came
    WHERE %(keys)b::integer [] IS NULL OR came.user_id = ANY (%(keys)b::integer [])
    OFFSET 0 -- found by user, and judged afterwards
) AS came
JOIN backbeat.challenge_terms AS terms
    ON terms.challenge_id = 'rd'
    AND terms.starting_block <= came.since_block
    AND greatest(terms.from_block, came.since_block) < least(terms.until_block, came.until_block)
CROSS JOIN LATERAL (
    SELECT backbeat.first_active_block(
        came.user_id,
        greatest(terms.from_block, came.since_block),
        least(terms.until_block, came.until_block)
    ) AS block
    OFFSET 0 -- once
) AS first
CROSS JOIN backbeat.frontier
CROSS JOIN LATERAL (
    SELECT first.block, backbeat.known_time(least(first.block, frontier.block_number), NULL) AS at
) AS earned
WHERE
    came.referrer <> came.user_id
    AND terms.from_block <= frontier.block_number
    AND earned.block <= frontier.block_number + (%(since)s::integer = -1)::integer -- what others edited since the block
    AND NOT EXISTS (
        SELECT FROM user_challenges AS done WHERE done.user_id = came.user_id AND done.challenge_id = 'rd'
    )
ORDER BY came.user_id, earned.block
