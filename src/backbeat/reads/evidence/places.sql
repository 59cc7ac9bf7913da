-- A place on the ranking of a week: date:rank
SELECT
    asked.specifier,
    'trending_results' AS source,
    r.type || ' ' || r.id AS id,
    NULL::integer AS block_number,
    NULL::text AS tx_hash,
    NULL::text AS signature,
    NULL::bigint AS slot,
    r.week::timestamp AS happened_at,
    r.rank::bigint AS quantity
FROM unnest(%(specifiers)s::text[], %(user_ids)s::integer[], %(completed)s::timestamp[]) AS asked (
    specifier, user_id, completed_at
)
JOIN trending_results AS r
    ON to_char(r.week, 'YYYY-MM-DD:') || r.rank = asked.specifier AND r.user_id = asked.user_id
WHERE r.type = %(kind)s::text
