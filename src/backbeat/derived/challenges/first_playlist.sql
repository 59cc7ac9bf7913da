-- The first block at whose end an active owner had a playlist with a track in it while the challenge was on.
SELECT DISTINCT ON (made.owner_id)
    'fp' AS challenge_id,
    to_hex(made.owner_id) AS specifier,
    true AS is_complete,
    1 AS current_step_count,
    least(earned.block, frontier.block_number) AS completed_blocknumber,
    terms.amount,
    earned.at AS completed_at,
    made.owner_id AS user_id,
    earned.at AT TIME ZONE 'UTC' AS created_at
FROM (
    SELECT *
    FROM backbeat.playlist_versions AS made
    WHERE
        %(keys)b::integer [] IS NULL
        OR made.owner_id = ANY (
            ARRAY(
                SELECT key.user_id
                FROM unnest(%(keys)b::integer []) AS key (user_id)
                WHERE NOT EXISTS (
                    SELECT FROM user_challenges AS done
                    WHERE done.challenge_id = 'fp' AND done.specifier = to_hex(key.user_id)
                )
            )
        )
    OFFSET 0 -- found by owner, and judged afterwards
) AS made
JOIN backbeat.challenge_terms AS terms
    ON terms.challenge_id = 'fp'
    AND terms.starting_block <= made.since_block
    AND greatest(terms.from_block, made.since_block) < least(terms.until_block, made.until_block)
CROSS JOIN LATERAL (
    SELECT backbeat.first_active_block(
        made.owner_id,
        greatest(terms.from_block, made.since_block),
        least(terms.until_block, made.until_block)
    ) AS block
    OFFSET 0 -- once
) AS first
CROSS JOIN backbeat.frontier
CROSS JOIN LATERAL (
    SELECT first.block, backbeat.known_time(least(first.block, frontier.block_number), made.since_time) AS at
) AS earned
WHERE
    made.has_entries AND NOT made.is_delete
    AND terms.from_block <= frontier.block_number
    AND earned.block <= frontier.block_number + (%(since)s::integer = -1)::integer -- what others edited since the block
    AND NOT EXISTS (
        SELECT FROM user_challenges AS done WHERE done.challenge_id = 'fp' AND done.specifier = to_hex(made.owner_id)
    )
ORDER BY made.owner_id, earned.block
