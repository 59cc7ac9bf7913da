-- The first block at whose end the user was verified and active while the challenge was on.
SELECT DISTINCT ON (person.user_id)
    'v' AS challenge_id,
    to_hex(person.user_id) AS specifier,
    true AS is_complete,
    1 AS current_step_count,
    least(earned.block, frontier.block_number) AS completed_blocknumber,
    terms.amount,
    earned.at AS completed_at,
    person.user_id,
    earned.at AT TIME ZONE 'UTC' AS created_at
FROM backbeat.user_versions AS person
JOIN backbeat.challenge_terms AS terms
    ON terms.challenge_id = 'v'
    AND terms.starting_block <= person.since_block
    AND greatest(terms.from_block, person.since_block) < least(terms.until_block, person.until_block)
CROSS JOIN backbeat.frontier
CROSS JOIN LATERAL (
    SELECT
        greatest(terms.from_block, person.since_block) AS block,
        backbeat.known_time(
            least(greatest(terms.from_block, person.since_block), frontier.block_number), person.since_time
        ) AS at
) AS earned
WHERE
    (%(keys)b::integer [] IS NULL OR person.user_id = ANY (%(keys)b::integer []))
    AND person.is_verified AND NOT person.is_deactivated
    AND terms.from_block <= frontier.block_number
    AND earned.block <= frontier.block_number + (%(since)s::integer = -1)::integer -- what others edited since the block
    AND NOT EXISTS (
        SELECT FROM user_challenges AS done WHERE done.challenge_id = 'v' AND done.specifier = to_hex(person.user_id)
    )
ORDER BY person.user_id, earned.block
