-- A deactivated user keeps the place in line and earns nothing.
WITH top AS MATERIALIZED (
    SELECT track_id
    FROM unnest(%(tracks)s::integer []) AS track_id
    WHERE %(keys)b::integer [] IS NULL OR track_id = ANY (%(keys)b::integer [])
),
act AS (
    SELECT
        first.user_id,
        top.track_id
    FROM top
    CROSS JOIN LATERAL (
        SELECT r.user_id
        FROM reposts AS r
        WHERE r.repost_item_id = top.track_id AND r.repost_type = 'track' AND r.is_current AND NOT r.is_delete
        ORDER BY r.created_at, r.user_id
        LIMIT 10
    ) AS first
    UNION ALL
    SELECT
        first.user_id,
        top.track_id
    FROM top
    CROSS JOIN LATERAL (
        SELECT s.user_id
        FROM saves AS s
        WHERE s.save_item_id = top.track_id AND s.save_type = 'track' AND s.is_current AND NOT s.is_delete
        ORDER BY s.created_at, s.user_id
        LIMIT 10
    ) AS first
),
winner AS (
    SELECT DISTINCT
        user_id,
        track_id,
        to_hex(user_id) || ':t:' || to_hex(track_id) AS specifier
    FROM act
)
SELECT
    't' AS challenge_id,
    winner.specifier,
    true AS is_complete,
    1 AS current_step_count,
    frontier.block_number AS completed_blocknumber,
    %(amount)s::integer AS amount,
    frontier.block_time AS completed_at,
    winner.user_id,
    frontier.block_time AT TIME ZONE 'UTC' AS created_at
FROM winner
CROSS JOIN backbeat.frontier
WHERE
    NOT EXISTS (
        SELECT FROM user_challenges AS done WHERE done.challenge_id = 't' AND done.specifier = winner.specifier
    )
    AND NOT EXISTS (
        SELECT FROM backbeat.deactivated_users AS u WHERE u.user_id = winner.user_id
    )
