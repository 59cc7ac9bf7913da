-- A key is a challenge and the user who was brought: only that challenge may earn from what its feed told.
WITH came AS (
    SELECT DISTINCT ON (arrival.user_id)
        arrival.user_id,
        arrival.referrer,
        arrival.blocknumber,
        arrival.id,
        CASE WHEN host.is_verified THEN 'rv' ELSE 'r' END AS challenge_id
    FROM user_events AS arrival
    JOIN users AS host ON host.user_id = arrival.referrer AND backbeat.is_active(host)
    WHERE
        (
            %(keys)b::text [] IS NULL
            OR arrival.user_id = ANY (
                ARRAY(SELECT split_part(key, ':', 2)::integer FROM unnest(%(keys)b::text []) AS key)
            )
        )
        AND arrival.is_current AND arrival.referrer <> arrival.user_id
        AND NOT EXISTS (
            SELECT FROM user_challenges AS done
            WHERE
                done.challenge_id IN ('r', 'rv')
                AND done.specifier = to_hex(arrival.referrer) || ':' || to_hex(arrival.user_id)
        )
    ORDER BY arrival.user_id, arrival.id
),
ordered AS (
    SELECT
        came.*,
        backbeat.audio(reward.amount) AS amount,
        reward.step_count AS total_max,
        row_number() OVER (PARTITION BY came.challenge_id, came.referrer ORDER BY came.blocknumber, came.id) AS turn,
        (
            SELECT coalesce(sum(done.amount), 0)
            FROM user_challenges AS done
            WHERE done.user_id = came.referrer AND done.challenge_id = came.challenge_id
        ) AS earned
    FROM came
    JOIN challenges AS reward ON reward.id = came.challenge_id AND reward.active
    WHERE
        came.blocknumber >= coalesce(reward.starting_block, 0)
        AND (
            %(keys)b::text [] IS NULL
            OR came.challenge_id || ':' || came.user_id = ANY (%(keys)b::text [])
        )
)
SELECT
    ordered.challenge_id,
    to_hex(ordered.referrer) || ':' || to_hex(ordered.user_id) AS specifier,
    true AS is_complete,
    1 AS current_step_count,
    ordered.blocknumber AS completed_blocknumber,
    ordered.amount,
    frontier.block_time AS completed_at,
    ordered.referrer AS user_id,
    frontier.block_time AT TIME ZONE 'UTC' AS created_at
FROM ordered
CROSS JOIN backbeat.frontier
WHERE ordered.total_max IS NULL OR ordered.earned + (ordered.turn - 1) * ordered.amount < ordered.total_max
