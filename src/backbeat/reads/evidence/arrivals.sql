-- The first word of whom a user, the last word of the specifier, came through: hex(referrer):hex(user), or hex(user)
SELECT
    asked.specifier,
    'user_events' AS source,
    r.user_id || coalesce(' came through ' || r.referrer, '') AS id,
    r.blocknumber AS block_number,
    NULL::text AS tx_hash,
    NULL::text AS signature,
    NULL::bigint AS slot,
    NULL::timestamp AS happened_at,
    NULL::bigint AS quantity
FROM unnest(%(specifiers)s::text[], %(user_ids)s::integer[], %(completed)s::timestamp[]) AS asked (
    specifier, user_id, completed_at
)
CROSS JOIN LATERAL (
    SELECT * FROM user_events
    WHERE user_events.user_id = backbeat.from_hex(split_part(asked.specifier, ':', -1)) AND user_events.referrer IS NOT NULL
    ORDER BY user_events.blocknumber, user_events.id
    LIMIT 1
) AS r
