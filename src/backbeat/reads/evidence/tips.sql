-- The first tip of a sender
SELECT
    asked.specifier,
    'user_tips' AS source,
    'to ' || r.receiver_user_id AS id,
    NULL::integer AS block_number,
    NULL::text AS tx_hash,
    r.signature::text AS signature,
    r.slot::bigint AS slot,
    r.created_at AS happened_at,
    r.amount AS quantity
FROM unnest(%(specifiers)s::text[], %(user_ids)s::integer[], %(completed)s::timestamp[]) AS asked (
    specifier, user_id, completed_at
)
CROSS JOIN LATERAL (
    SELECT * FROM user_tips
    WHERE user_tips.sender_user_id = backbeat.from_hex(split_part(asked.specifier, ':', 1))
    ORDER BY user_tips.slot, user_tips.signature
    LIMIT 1
) AS r
