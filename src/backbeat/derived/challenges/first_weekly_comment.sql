-- The first block, of those that changed a comment of the week, at whose end an active user had a visible one in it. A key
-- is a specifier: the user and the ISO week, whose days bound what is read.
WITH week AS (
    SELECT
        backbeat.from_hex(split_part(key, ':', 1)) AS user_id,
        backbeat.monday_of(split_part(key, ':', 2)) AS monday
    FROM unnest(%(keys)b::text []) AS key
),
said AS MATERIALIZED (
    SELECT to_hex(comment.user_id) || to_char(comment.created_at, ':IYYYIW') AS specifier, comment.*
    FROM backbeat.comment_versions AS comment
    WHERE %(keys)b::text [] IS NULL
    UNION ALL
    SELECT to_hex(comment.user_id) || to_char(comment.created_at, ':IYYYIW') AS specifier, comment.*
    FROM week
    CROSS JOIN LATERAL (
        SELECT *
        FROM backbeat.comment_versions AS one
        WHERE
            one.user_id = week.user_id
            AND one.created_at >= week.monday AND one.created_at < week.monday + interval '7 days'
        OFFSET 0 -- by user
    ) AS comment
),
candidate AS MATERIALIZED (
    -- what changed while the challenge was off is judged once it is on
    SELECT DISTINCT
        said.specifier,
        greatest(said.since_block, terms.from_block) AS block,
        terms.amount,
        terms.starting_block
    FROM said
    CROSS JOIN LATERAL (
        SELECT *
        FROM backbeat.challenge_terms AS version
        WHERE version.challenge_id = 'c' AND version.until_block > said.since_block
        ORDER BY version.from_block
        LIMIT 1
    ) AS terms
    CROSS JOIN backbeat.frontier
    WHERE
        terms.from_block <= frontier.block_number
        -- and what others edited since the block
        AND said.since_block <= frontier.block_number + (%(since)s::integer = -1)::integer
),
first AS (
    SELECT DISTINCT ON (candidate.specifier)
        candidate.specifier,
        said.user_id,
        least(candidate.block, frontier.block_number) AS block,
        candidate.amount,
        backbeat.known_time(least(candidate.block, frontier.block_number), said.since_time) AS at
    FROM candidate
    JOIN said USING (specifier)
    CROSS JOIN backbeat.frontier
    WHERE
        NOT said.is_delete AND said.is_visible
        AND said.since_block >= candidate.starting_block
        AND said.since_block <= candidate.block
        AND (said.until_block IS NULL OR said.until_block > candidate.block)
        AND NOT EXISTS (
            SELECT FROM user_challenges AS done WHERE done.challenge_id = 'c' AND done.specifier = said.specifier
        )
        AND NOT backbeat.is_deactivated_as_of(said.user_id, candidate.block)
    ORDER BY candidate.specifier, candidate.block, said.since_block, said.comment_id
)
SELECT
    'c' AS challenge_id,
    first.specifier,
    true AS is_complete,
    1 AS current_step_count,
    first.block AS completed_blocknumber,
    first.amount,
    first.at AS completed_at,
    first.user_id,
    first.at AT TIME ZONE 'UTC' AS created_at
FROM first
