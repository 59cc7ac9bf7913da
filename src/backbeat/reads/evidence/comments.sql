-- The first comment of the week: hex(user):year and week
SELECT
    asked.specifier,
    'comments' AS source,
    r.comment_id::text AS id,
    r.blocknumber AS block_number,
    r.txhash::text AS tx_hash,
    NULL::text AS signature,
    NULL::bigint AS slot,
    r.created_at AS happened_at,
    NULL::bigint AS quantity
FROM unnest(%(specifiers)s::text[], %(user_ids)s::integer[], %(completed)s::timestamp[]) AS asked (
    specifier, user_id, completed_at
)
CROSS JOIN LATERAL (SELECT backbeat.monday_of(split_part(asked.specifier, ':', 2)) AS monday) AS week
CROSS JOIN LATERAL (
    SELECT * FROM comments
    WHERE
        comments.user_id = backbeat.from_hex(split_part(asked.specifier, ':', 1))
        AND comments.created_at >= week.monday AND comments.created_at < week.monday + interval '7 days'
    ORDER BY comments.created_at, comments.blocknumber, comments.comment_id
    LIMIT 1
) AS r
