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
asked AS MATERIALIZED (
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
),
edited AS (
    SELECT terms.from_block AS block
    FROM backbeat.challenge_terms AS terms
    CROSS JOIN backbeat.frontier
    WHERE terms.challenge_id = 'p' AND terms.from_block > %(since)s::integer AND terms.from_block <= frontier.block_number
),
recent AS (
    SELECT candidate.user_id, candidate.block, profile.steps
    FROM (
        SELECT asked.user_id, news.block
        FROM asked
        JOIN news USING (user_id)
        UNION
        SELECT asked.user_id, edited.block
        FROM asked
        CROSS JOIN edited
        WHERE %(since)s::integer > -1
    ) AS candidate
    CROSS JOIN LATERAL (
        SELECT
            done.profile_description::integer + done.profile_name::integer + done.profile_picture::integer
            + done.profile_cover_photo::integer + done.follows::integer + done.favorites::integer
            + done.reposts::integer AS steps
        FROM backbeat.profile_as_of(candidate.user_id, candidate.block) AS done
        OFFSET 0 -- once
    ) AS profile
),
turn AS (
    -- of who is judged from the beginning all that began and ended, to be added up in order, not looked up block by block
    SELECT
        asked.user_id,
        edge.block,
        edge.more * version.follows AS follows,
        edge.more * version.reposts AS reposts,
        edge.more * version.saves AS saves,
        NULL::integer [] AS person
    FROM asked
    CROSS JOIN LATERAL (
        SELECT one.since_block, one.until_block, 1 AS follows, 0 AS reposts, 0 AS saves
        FROM backbeat.follow_versions AS one
        WHERE one.follower_user_id = asked.user_id
        UNION ALL
        SELECT one.since_block, one.until_block, 0, 1, 0
        FROM backbeat.repost_versions AS one
        WHERE one.user_id = asked.user_id
        UNION ALL
        SELECT one.since_block, one.until_block, 0, 0, 1
        FROM backbeat.save_versions AS one
        WHERE one.user_id = asked.user_id
    ) AS version
    CROSS JOIN LATERAL (VALUES (coalesce(version.since_block, -1), 1), (version.until_block, -1)) AS edge (block, more)
    WHERE %(since)s::integer = -1
    UNION ALL
    SELECT
        asked.user_id,
        version.begun,
        0,
        0,
        0,
        -- of arrays the greatest is the one that began last
        ARRAY[
            version.begun,
            coalesce(version.until_block, 2147483647),
            (version.has_handle AND NOT version.is_deactivated)::integer,
            version.has_bio::integer + version.has_name::integer + version.has_picture::integer + version.has_cover::integer
        ]
    FROM asked
    CROSS JOIN LATERAL (
        SELECT one.*, coalesce(one.since_block, -1) AS begun
        FROM backbeat.user_versions AS one
        WHERE one.user_id = asked.user_id
        OFFSET 0 -- by its id
    ) AS version
    WHERE %(since)s::integer = -1
    UNION ALL
    SELECT asked.user_id, edited.block, 0, 0, 0, NULL
    FROM asked
    CROSS JOIN edited
    WHERE %(since)s::integer = -1
),
counted AS (
    SELECT
        user_id,
        block,
        sum(sum(follows)) OVER upto AS follows,
        sum(sum(reposts)) OVER upto AS reposts,
        sum(sum(saves)) OVER upto AS saves,
        max(max(person)) OVER upto AS person
    FROM turn
    WHERE block IS NOT NULL
    GROUP BY user_id, block
    WINDOW upto AS (PARTITION BY user_id ORDER BY block)
),
profile AS (
    SELECT user_id, block, steps FROM recent
    UNION ALL
    SELECT
        user_id,
        block,
        person[4] + (follows >= 5)::integer + (reposts > 0)::integer + (saves > 0)::integer
    FROM counted
    WHERE block > -1 AND person[3] = 1 AND person[2] > block
),
judged AS (
    SELECT
        profile.user_id,
        least(profile.block, frontier.block_number) AS block,
        profile.block AS turn,
        profile.steps,
        terms.step_count > 0 AND profile.steps >= terms.step_count AS is_complete,
        terms.amount,
        least(min(profile.block) OVER (PARTITION BY profile.user_id), frontier.block_number) AS began
    FROM profile
    CROSS JOIN backbeat.frontier
    JOIN backbeat.challenge_terms AS terms
        ON terms.challenge_id = 'p' AND terms.from_block <= frontier.block_number
        AND profile.block >= terms.from_block AND profile.block < terms.until_block
    -- and what others edited since the block
    WHERE profile.block <= frontier.block_number + (%(since)s::integer = -1)::integer
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
