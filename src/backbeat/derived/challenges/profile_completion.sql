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
    FROM (
        SELECT own.user_id
        FROM users AS own
        WHERE (%(keys)b::integer [] IS NULL OR own.user_id = ANY (%(keys)b::integer [])) AND own.is_current
        OFFSET 0 -- found by user, and judged afterwards
    ) AS person
    CROSS JOIN LATERAL (SELECT to_hex(person.user_id) AS specifier) AS earning
    WHERE
        NOT EXISTS (
            SELECT FROM user_challenges AS done
            WHERE done.challenge_id = 'p' AND done.specifier = earning.specifier AND done.is_complete
            OFFSET 0 -- by its specifier
        )
),
acts AS MATERIALIZED (
    -- all that a user ever did, where it is not told since when something is new: how many follows, reposts and saves stood
    SELECT
        done.user_id,
        done.block,
        sum(sum(done.follows)) OVER so_far AS follows,
        sum(sum(done.reposts)) OVER so_far AS reposts,
        sum(sum(done.saves)) OVER so_far AS saves
    FROM (
        SELECT asked.user_id, edge.block, edge.sign * act.follows AS follows, edge.sign * act.reposts AS reposts,
            edge.sign * act.saves AS saves
        FROM asked
        CROSS JOIN LATERAL (
            SELECT one.since_block, one.until_block, 0 AS follows, 0 AS reposts, 0 AS saves
            FROM backbeat.user_versions AS one
            WHERE one.user_id = asked.user_id
            UNION ALL
            SELECT one.since_block, one.until_block, 1, 0, 0
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
        ) AS act
        CROSS JOIN LATERAL (
            VALUES (coalesce(act.since_block, 0), 1), (act.until_block, -1)
        ) AS edge (block, sign)
        WHERE %(since)s::integer = -1
        UNION ALL
        SELECT asked.user_id, terms.from_block, 0, 0, 0
        FROM asked
        JOIN backbeat.challenge_terms AS terms ON terms.challenge_id = 'p'
        WHERE %(since)s::integer = -1
    ) AS done
    CROSS JOIN backbeat.frontier
    WHERE done.block <= frontier.block_number + 1 -- what others edited since the block
    GROUP BY done.user_id, done.block
    WINDOW so_far AS (PARTITION BY done.user_id ORDER BY done.block)
),
profile AS (
    SELECT
        acts.user_id,
        acts.block,
        u.has_bio::integer + u.has_name::integer + u.has_picture::integer + u.has_cover::integer
        + (acts.follows >= 5)::integer + (acts.reposts > 0)::integer + (acts.saves > 0)::integer AS steps
    FROM acts
    CROSS JOIN LATERAL (
        SELECT * FROM backbeat.user_versions AS one WHERE one.user_id = acts.user_id OFFSET 0 -- by its id
    ) AS u
    WHERE
        coalesce(u.since_block, 0) <= acts.block AND (u.until_block IS NULL OR u.until_block > acts.block)
        AND NOT u.is_deactivated AND u.has_handle
    UNION ALL
    SELECT
        candidate.user_id,
        candidate.block,
        done.profile_description::integer + done.profile_name::integer + done.profile_picture::integer
        + done.profile_cover_photo::integer + done.follows::integer + done.favorites::integer
        + done.reposts::integer AS steps
    FROM (
        SELECT asked.user_id, news.block
        FROM asked
        JOIN news ON news.user_id = asked.user_id
        UNION
        SELECT asked.user_id, terms.from_block
        FROM asked
        CROSS JOIN backbeat.frontier
        JOIN backbeat.challenge_terms AS terms
            ON terms.challenge_id = 'p'
            AND terms.from_block > %(since)s::integer AND terms.from_block <= frontier.block_number
        WHERE %(since)s::integer > -1
    ) AS candidate
    CROSS JOIN LATERAL (
        SELECT * FROM backbeat.profile_as_of(candidate.user_id, candidate.block) OFFSET 0 -- once
    ) AS done
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
