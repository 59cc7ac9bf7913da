-- How many steps a user who can take part had done at the end of each block that changed any of them, in which the challenge
-- was on: the first block with enough of them completes the row, otherwise the last one tells the steps.
WITH news AS MATERIALIZED (
    -- blocks since the last run: by block, because to find them by user is to read all that the user ever followed
    SELECT user_id, blocknumber AS block
    FROM users
    WHERE %(since)s::integer > -1 AND blocknumber > %(since)s::integer AND blocknumber <= %(upto)s::integer
    UNION
    SELECT follower_user_id, blocknumber
    FROM follows
    WHERE %(since)s::integer > -1 AND blocknumber > %(since)s::integer AND blocknumber <= %(upto)s::integer
    UNION
    SELECT user_id, blocknumber
    FROM reposts
    WHERE %(since)s::integer > -1 AND blocknumber > %(since)s::integer AND blocknumber <= %(upto)s::integer
    UNION
    SELECT user_id, blocknumber
    FROM saves
    WHERE %(since)s::integer > -1 AND blocknumber > %(since)s::integer AND blocknumber <= %(upto)s::integer
    UNION
    SELECT user_id, since_block
    FROM backbeat.past_users
    WHERE %(since)s::integer > -1 AND since_block > %(since)s::integer AND since_block <= %(upto)s::integer
    UNION
    SELECT follower_user_id, since_block
    FROM backbeat.past_follows
    WHERE %(since)s::integer > -1 AND since_block > %(since)s::integer AND since_block <= %(upto)s::integer
    UNION
    SELECT user_id, since_block
    FROM backbeat.past_reposts
    WHERE %(since)s::integer > -1 AND since_block > %(since)s::integer AND since_block <= %(upto)s::integer
    UNION
    SELECT user_id, since_block
    FROM backbeat.past_saves
    WHERE %(since)s::integer > -1 AND since_block > %(since)s::integer AND since_block <= %(upto)s::integer
),
candidate AS (
    SELECT DISTINCT asked.user_id, changed.block
    FROM (
        SELECT person.user_id
        FROM users AS person
        WHERE
            (%(keys)b::integer [] IS NULL OR person.user_id = ANY (%(keys)b::integer []))
            AND person.is_current
            AND NOT EXISTS (
                SELECT FROM user_challenges AS done
                WHERE done.challenge_id = 'p' AND done.specifier = to_hex(person.user_id) AND done.is_complete
            )
        OFFSET 0 -- found by user, and judged afterwards
    ) AS asked
    CROSS JOIN backbeat.frontier
    CROSS JOIN LATERAL (
        SELECT change.block
        FROM backbeat.profile_changes(asked.user_id, -1, frontier.block_number + 1) AS change (block)
        WHERE %(since)s::integer = -1
        UNION ALL
        SELECT news.block
        FROM news
        WHERE news.user_id = asked.user_id
        UNION ALL
        SELECT terms.from_block
        FROM backbeat.challenge_terms AS terms
        WHERE
            terms.challenge_id = 'p'
            AND terms.from_block > %(since)s::integer AND terms.from_block <= frontier.block_number
    ) AS changed
    WHERE changed.block <= frontier.block_number + (%(since)s::integer = -1)::integer -- what others edited since the block
),
judged AS (
    SELECT
        candidate.user_id,
        least(candidate.block, frontier.block_number) AS block,
        candidate.block AS turn,
        profile.steps,
        terms.step_count > 0 AND profile.steps >= terms.step_count AS is_complete,
        terms.amount,
        least(min(candidate.block) OVER (PARTITION BY candidate.user_id), frontier.block_number) AS began
    FROM candidate
    CROSS JOIN backbeat.frontier
    JOIN backbeat.challenge_terms AS terms
        ON terms.challenge_id = 'p' AND terms.from_block <= frontier.block_number
        AND candidate.block >= terms.from_block AND candidate.block < terms.until_block
    CROSS JOIN LATERAL (
        SELECT
            done.profile_description::integer + done.profile_name::integer + done.profile_picture::integer
            + done.profile_cover_photo::integer + done.follows::integer + done.favorites::integer
            + done.reposts::integer AS steps
        FROM backbeat.profile_as_of(candidate.user_id, candidate.block) AS done
        OFFSET 0 -- once
    ) AS profile
)
SELECT DISTINCT ON (user_id)
    'p' AS challenge_id,
    to_hex(user_id) AS specifier,
    is_complete,
    steps AS current_step_count,
    CASE WHEN is_complete THEN block END AS completed_blocknumber,
    amount,
    CASE WHEN is_complete THEN backbeat.known_time(block, NULL) END AS completed_at,
    user_id,
    backbeat.known_time(began, NULL) AT TIME ZONE 'UTC' AS created_at
FROM judged
ORDER BY user_id, is_complete DESC, CASE WHEN is_complete THEN turn ELSE -turn END
