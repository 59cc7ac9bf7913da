-- How many public tracks an active owner had at the end of each block in which the challenge was on: the first block with
-- enough of them completes the row, otherwise the last one with any tells the steps.
WITH public AS MATERIALIZED (
    SELECT
        made.owner_id,
        terms.from_block AS terms_from,
        greatest(terms.from_block, made.since_block, made.came_out_in) AS since_block,
        least(terms.until_block, made.until_block) AS until_block,
        made.since_time
    FROM (
        SELECT
            track.*,
            -- a scheduled track is public from its time on, whenever the job that publishes it comes
            CASE
                WHEN track.is_unlisted AND track.releases_at IS NOT NULL THEN backbeat.block_at(track.releases_at) + 1
            END AS came_out_in
        FROM backbeat.track_versions AS track
        WHERE
            %(keys)b::integer [] IS NULL
            OR track.owner_id = ANY (
                ARRAY(
                    SELECT key.user_id
                    FROM unnest(%(keys)b::integer []) AS key (user_id)
                    WHERE NOT EXISTS (
                        SELECT FROM user_challenges AS done
                        WHERE done.challenge_id = 'u' AND done.specifier = to_hex(key.user_id) AND done.is_complete
                    )
                )
            )
        OFFSET 0 -- found by owner, and judged afterwards
    ) AS made
    CROSS JOIN backbeat.frontier
    JOIN backbeat.challenge_terms AS terms
        ON terms.challenge_id = 'u'
        AND terms.starting_block <= made.since_block
        AND greatest(terms.from_block, made.since_block, made.came_out_in) < least(terms.until_block, made.until_block)
    WHERE
        NOT made.is_delete AND NOT made.is_stem
        AND (NOT made.is_unlisted OR made.came_out_in <= frontier.block_number)
        AND NOT EXISTS (
            SELECT FROM user_challenges AS done
            WHERE done.challenge_id = 'u' AND done.specifier = to_hex(made.owner_id) AND done.is_complete
        )
),
turn AS (
    -- one more, one less, or only that the owner's standing may be another
    SELECT owner_id, terms_from, since_block AS block, 1 AS more, since_time FROM public
    UNION ALL
    SELECT owner_id, terms_from, until_block AS block, -1 AS more, NULL AS since_time FROM public
    UNION ALL
    SELECT owner.owner_id, owner.terms_from, person.since_block AS block, 0 AS more, person.since_time
    FROM (SELECT DISTINCT owner_id, terms_from FROM public) AS owner
    CROSS JOIN LATERAL (
        SELECT * FROM backbeat.user_versions AS one WHERE one.user_id = owner.owner_id OFFSET 0 -- by its id
    ) AS person
),
counted AS (
    SELECT
        owner_id,
        terms_from,
        block,
        max(since_time) AS since_time,
        sum(sum(more)) OVER (PARTITION BY owner_id, terms_from ORDER BY block)::integer AS steps
    FROM turn
    GROUP BY owner_id, terms_from, block
),
judged AS (
    SELECT
        counted.owner_id,
        least(counted.block, frontier.block_number) AS block,
        counted.since_time,
        least(counted.steps, terms.step_count) AS steps,
        terms.step_count > 0 AND counted.steps >= terms.step_count AS is_complete,
        terms.amount,
        least(min(counted.block) OVER (PARTITION BY counted.owner_id), frontier.block_number) AS began,
        counted.block AS turn
    FROM counted
    JOIN backbeat.challenge_terms AS terms ON terms.challenge_id = 'u' AND terms.from_block = counted.terms_from
    CROSS JOIN backbeat.frontier
    WHERE
        counted.steps > 0
        AND counted.block >= terms.from_block AND counted.block < terms.until_block
        AND terms.from_block <= frontier.block_number
        AND counted.block <= frontier.block_number + (%(since)s::integer = -1)::integer -- what others edited since the block
        AND NOT backbeat.is_deactivated_as_of(counted.owner_id, counted.block)
)
SELECT DISTINCT ON (owner_id)
    'u' AS challenge_id,
    to_hex(owner_id) AS specifier,
    is_complete,
    steps AS current_step_count,
    CASE WHEN is_complete THEN block END AS completed_blocknumber,
    amount,
    CASE WHEN is_complete THEN backbeat.known_time(block, since_time) END AS completed_at,
    owner_id AS user_id,
    backbeat.known_time(began, since_time) AT TIME ZONE 'UTC' AS created_at
FROM judged
ORDER BY owner_id, is_complete DESC, CASE WHEN is_complete THEN turn ELSE -turn END
