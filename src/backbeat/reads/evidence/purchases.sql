-- The first purchase of a content by a buyer, in either of the tables: hex(buyer):hex(content)
SELECT
    asked.specifier,
    'purchases' AS source,
    r.content_type || ' ' || r.content_id AS id,
    NULL::integer AS block_number,
    NULL::text AS tx_hash,
    r.signature AS signature,
    r.slot AS slot,
    r.created_at AS happened_at,
    r.amount AS quantity
FROM unnest(%(specifiers)s::text[], %(user_ids)s::integer[], %(completed)s::timestamp[]) AS asked (
    specifier, user_id, completed_at
)
CROSS JOIN LATERAL (
    SELECT bought.slot::bigint AS slot, bought.signature::text, bought.content_type::text, bought.content_id,
        bought.created_at, bought.amount
    FROM sol_purchases AS bought
    WHERE
        bought.is_valid AND bought.buyer_user_id = backbeat.from_hex(split_part(asked.specifier, ':', 1))
        AND bought.content_id = backbeat.from_hex(split_part(asked.specifier, ':', 2))
    UNION
    SELECT older.slot, older.signature, older.content_type::text, older.content_id, older.created_at, older.amount
    FROM usdc_purchases AS older
    WHERE
        older.buyer_user_id = backbeat.from_hex(split_part(asked.specifier, ':', 1))
        AND older.content_id = backbeat.from_hex(split_part(asked.specifier, ':', 2))
    ORDER BY 1, 2, 3, 6
    LIMIT 10
) AS r
