-- The first play of each day of a streak: hex(user), the hour of its first play
SELECT
    asked.specifier,
    'plays' AS source,
    r.id::text AS id,
    NULL::integer AS block_number,
    NULL::text AS tx_hash,
    r.signature::text AS signature,
    r.slot::bigint AS slot,
    r.created_at AS happened_at,
    NULL::bigint AS quantity
FROM unnest(%(specifiers)s::text[], %(user_ids)s::integer[], %(completed)s::timestamp[]) AS asked (
    specifier, user_id, completed_at
)
CROSS JOIN LATERAL (
    -- older ones have the day alone, behind a sign
    SELECT
        CASE
            WHEN right(asked.specifier, 9) ~ '^[:_]\d+$' THEN right(asked.specifier, 8) || '00'
            WHEN right(asked.specifier, 10) ~ '^\d+$' THEN right(asked.specifier, 10)
        END AS hour
) AS told
CROSS JOIN LATERAL (
    SELECT
        backbeat.timestamp_or_null(
            left(told.hour, 4) || '-' || substr(told.hour, 5, 2) || '-' || substr(told.hour, 7, 2)
            || ' ' || right(told.hour, 2) || ':00'
        ) AS begun
) AS streak
CROSS JOIN LATERAL (
    SELECT DISTINCT ON (plays.created_at::date) plays.*
    FROM plays
    WHERE
        plays.user_id = asked.user_id
        AND plays.created_at >= streak.begun
        AND plays.created_at <= asked.completed_at
        AND plays.created_at < streak.begun + interval '16 days' -- eight days at two days' distance
    ORDER BY plays.created_at::date, plays.created_at, plays.id
) AS r
