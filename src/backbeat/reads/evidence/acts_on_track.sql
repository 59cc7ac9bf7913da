-- What a user did for a track, the last word of the specifier: hex(user):hex(track), or hex(user):t:hex(track)
SELECT
    asked.specifier,
    'reposts' AS source,
    r.repost_item_id::text AS id,
    r.blocknumber AS block_number,
    r.txhash::text AS tx_hash,
    NULL::text AS signature,
    NULL::bigint AS slot,
    r.created_at AS happened_at,
    NULL::bigint AS quantity
FROM unnest(%(specifiers)s::text[], %(user_ids)s::integer[], %(completed)s::timestamp[]) AS asked (
    specifier, user_id, completed_at
)
JOIN reposts AS r
    ON r.user_id = backbeat.from_hex(split_part(asked.specifier, ':', 1)) AND r.repost_item_id = backbeat.from_hex(split_part(asked.specifier, ':', -1))
    AND r.repost_type = 'track' AND r.is_current
UNION ALL
SELECT
    asked.specifier,
    'saves' AS source,
    r.save_item_id::text AS id,
    r.blocknumber AS block_number,
    r.txhash::text AS tx_hash,
    NULL::text AS signature,
    NULL::bigint AS slot,
    r.created_at AS happened_at,
    NULL::bigint AS quantity
FROM unnest(%(specifiers)s::text[], %(user_ids)s::integer[], %(completed)s::timestamp[]) AS asked (
    specifier, user_id, completed_at
)
JOIN saves AS r
    ON r.user_id = backbeat.from_hex(split_part(asked.specifier, ':', 1)) AND r.save_item_id = backbeat.from_hex(split_part(asked.specifier, ':', -1))
    AND r.save_type = 'track' AND r.is_current
