-- The first block, of those that changed a comment of the week, at whose end an active user had a visible one in it. A key
-- is a specifier: the user and the ISO week, whose days bound what is read.
WITH week AS (
    SELECT
        backbeat.from_hex(split_part(key, ':', 1)) AS user_id,
        backbeat.monday_of(split_part(key, ':', 2)) AS monday
    FROM unnest(%(keys)b::text []) AS key
    WHERE NOT EXISTS (SELECT FROM user_challenges AS done WHERE done.challenge_id = 'c' AND done.specifier = key)
),
said AS MATERIALIZED (
    SELECT to_hex(comment.user_id) || to_char(comment.created_at, ':IYYYIW') AS specifier, comment.*
    FROM backbeat.comment_versions AS comment
    WHERE
        %(keys)b::text [] IS NULL
        AND NOT EXISTS (
            SELECT FROM user_challenges AS done
            WHERE done.challenge_id = 'c' AND done.specifier = to_hex(comment.user_id) || to_char(comment.created_at, ':IYYYIW')
        )
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
terms AS MATERIALIZED (
    SELECT * FROM backbeat.challenge_terms WHERE challenge_id = 'c'
),
candidate AS MATERIALIZED (
    -- what changed while the challenge was off is judged once it is on
    SELECT DISTINCT
        said.specifier,
        said.user_id,
        first.from_block AS terms_from,
        greatest(said.since_block, first.from_block) AS block
    FROM said
    CROSS JOIN LATERAL (
        SELECT *
        FROM terms
        WHERE terms.until_block > said.since_block
        ORDER BY terms.from_block
        LIMIT 1
    ) AS first
    CROSS JOIN backbeat.frontier
    WHERE
        first.from_block <= frontier.block_number
        -- and what others edited since the block
        AND said.since_block <= frontier.block_number + (%(since)s::integer = -1)::integer
),
standing AS (
    -- the block that each visible comment counts in: of the candidates from its own block on the first one; in one pass,
    -- because a week may have as many candidates as comments
    SELECT
        either.*,
        min(either.turn) OVER (PARTITION BY either.specifier, either.terms_from ORDER BY either.since_block DESC) AS block
    FROM (
        SELECT
            said.specifier,
            said.user_id,
            said.comment_id,
            said.since_block,
            said.until_block,
            said.since_time,
            terms.from_block AS terms_from,
            terms.amount,
            NULL::integer AS turn
        FROM said
        JOIN terms
            ON terms.starting_block <= said.since_block
            AND terms.until_block > said.since_block
            AND (said.until_block IS NULL OR terms.from_block < said.until_block)
        WHERE NOT said.is_delete AND said.is_visible
        UNION ALL
        SELECT
            candidate.specifier,
            candidate.user_id,
            NULL,
            candidate.block,
            NULL,
            NULL,
            candidate.terms_from,
            NULL,
            candidate.block
        FROM candidate
        WHERE NOT EXISTS (
            SELECT FROM backbeat.user_as_of(candidate.user_id, candidate.block) AS person WHERE person.is_deactivated
        )
    ) AS either
),
earliest AS (
    SELECT DISTINCT ON (standing.specifier)
        standing.specifier,
        standing.user_id,
        least(standing.block, frontier.block_number) AS block,
        standing.amount,
        standing.since_time
    FROM standing
    CROSS JOIN backbeat.frontier
    WHERE
        standing.turn IS NULL
        AND standing.block IS NOT NULL
        AND (standing.until_block IS NULL OR standing.until_block > standing.block)
    ORDER BY standing.specifier, standing.block, standing.since_block, standing.comment_id
)
SELECT
    'c' AS challenge_id,
    earliest.specifier,
    true AS is_complete,
    1 AS current_step_count,
    earliest.block AS completed_blocknumber,
    earliest.amount,
    earned.at AS completed_at,
    earliest.user_id,
    earned.at AT TIME ZONE 'UTC' AS created_at
FROM earliest
CROSS JOIN LATERAL (SELECT backbeat.known_time(earliest.block, earliest.since_time) AS at OFFSET 0) AS earned -- once
