-- A key is a challenge and the user who was brought: only that challenge may earn from what its feed told. Each arrival is
-- judged by the state of its block, or of the first one in which the challenge was on.
WITH RECURSIVE asked AS (
    SELECT split_part(key, ':', 1) AS challenge_id, split_part(key, ':', 2)::integer AS user_id
    FROM unnest(%(keys)b::text []) AS key
    UNION ALL
    SELECT reward.id AS challenge_id, NULL
    FROM unnest(ARRAY['r', 'rv']) AS reward (id)
    WHERE %(keys)b::text [] IS NULL
),
arrival AS (
    -- all of them, or those that were asked for: one of the two branches is never looked at
    SELECT asked.challenge_id, told.*
    FROM asked
    CROSS JOIN backbeat.arrival_versions AS told
    WHERE asked.user_id IS NULL AND %(keys)b::text [] IS NULL
    UNION ALL
    SELECT asked.challenge_id, told.*
    FROM asked
    CROSS JOIN LATERAL (
        SELECT * FROM backbeat.arrival_versions AS one WHERE one.user_id = asked.user_id OFFSET 0 -- by user
    ) AS told
    WHERE asked.user_id IS NOT NULL
),
came AS (
    SELECT
        arrival.challenge_id,
        arrival.user_id,
        arrival.referrer,
        arrival.since_block,
        arrival.id,
        judged.block,
        terms.amount,
        terms.step_count AS total_max
    FROM arrival
    CROSS JOIN LATERAL (
        SELECT *
        FROM backbeat.challenge_terms AS version
        WHERE version.challenge_id = arrival.challenge_id AND version.until_block > arrival.since_block
        ORDER BY version.from_block
        LIMIT 1
    ) AS terms
    CROSS JOIN LATERAL (SELECT greatest(arrival.since_block, terms.from_block) AS block) AS judged
    CROSS JOIN LATERAL (SELECT * FROM backbeat.user_as_of(arrival.referrer, judged.block) AS one OFFSET 0) AS host
    CROSS JOIN backbeat.frontier
    WHERE
        arrival.referrer <> arrival.user_id
        AND arrival.since_block >= terms.starting_block
        AND terms.from_block <= frontier.block_number
        -- and what others edited since the block
        AND arrival.since_block <= frontier.block_number + (%(since)s::integer = -1)::integer
        AND (arrival.until_block IS NULL OR arrival.until_block > judged.block)
        AND NOT host.is_deactivated
        AND host.is_verified = (arrival.challenge_id = 'rv')
        AND NOT EXISTS (
            SELECT FROM user_challenges AS done
            WHERE
                done.challenge_id IN ('r', 'rv')
                AND done.specifier = to_hex(arrival.referrer) || ':' || to_hex(arrival.user_id)
        )
),
ordered AS MATERIALIZED (
    SELECT
        *,
        row_number() OVER (PARTITION BY referrer ORDER BY block, since_block, id) AS place
    FROM came
),
judged AS (
    -- one after another, because what one earns counts against those that follow, and who came is paid for once
    SELECT
        host.referrer,
        0::bigint AS place,
        false AS pays,
        earned.total AS of_r,
        earned.total_verified AS of_rv,
        '{}'::integer [] AS paid
    FROM (SELECT DISTINCT referrer FROM ordered) AS host
    CROSS JOIN LATERAL (
        SELECT
            coalesce(sum(done.amount) FILTER (WHERE done.challenge_id = 'r'), 0) AS total,
            coalesce(sum(done.amount) FILTER (WHERE done.challenge_id = 'rv'), 0) AS total_verified
        FROM user_challenges AS done
        WHERE done.user_id = host.referrer AND done.challenge_id IN ('r', 'rv')
    ) AS earned
    UNION ALL
    SELECT
        judged.referrer,
        ordered.place,
        verdict.pays,
        judged.of_r + CASE WHEN verdict.pays AND ordered.challenge_id = 'r' THEN ordered.amount ELSE 0 END,
        judged.of_rv + CASE WHEN verdict.pays AND ordered.challenge_id = 'rv' THEN ordered.amount ELSE 0 END,
        CASE WHEN verdict.pays THEN judged.paid || ordered.user_id ELSE judged.paid END
    FROM judged
    JOIN ordered ON ordered.referrer = judged.referrer AND ordered.place = judged.place + 1
    CROSS JOIN LATERAL (
        SELECT
            NOT ordered.user_id = ANY (judged.paid)
            AND (
                ordered.total_max IS NULL
                OR CASE ordered.challenge_id WHEN 'r' THEN judged.of_r ELSE judged.of_rv END < ordered.total_max
            ) AS pays
    ) AS verdict
)
SELECT
    ordered.challenge_id,
    to_hex(ordered.referrer) || ':' || to_hex(ordered.user_id) AS specifier,
    true AS is_complete,
    1 AS current_step_count,
    least(ordered.block, frontier.block_number) AS completed_blocknumber,
    ordered.amount,
    earned.at AS completed_at,
    ordered.referrer AS user_id,
    earned.at AT TIME ZONE 'UTC' AS created_at
FROM judged
JOIN ordered USING (referrer, place)
CROSS JOIN backbeat.frontier
CROSS JOIN LATERAL (
    SELECT backbeat.known_time(least(ordered.block, frontier.block_number), NULL) AS at
) AS earned
WHERE judged.pays
