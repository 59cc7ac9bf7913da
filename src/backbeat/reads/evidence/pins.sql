-- The track with its pinned comment, and what its author said there: hex(author):hex(track)
SELECT
    asked.specifier,
    'tracks' AS source,
    r.track_id || ' pins ' || coalesce(r.pinned_comment_id::text, 'nothing') AS id,
    r.blocknumber AS block_number,
    r.txhash::text AS tx_hash,
    NULL::text AS signature,
    NULL::bigint AS slot,
    r.updated_at AS happened_at,
    NULL::bigint AS quantity
FROM unnest(%(specifiers)s::text[], %(user_ids)s::integer[], %(completed)s::timestamp[]) AS asked (
    specifier, user_id, completed_at
)
JOIN tracks AS r ON r.track_id = backbeat.from_hex(split_part(asked.specifier, ':', 2)) AND r.is_current
UNION ALL
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
CROSS JOIN LATERAL (
    SELECT * FROM comments
    WHERE
        comments.entity_id = backbeat.from_hex(split_part(asked.specifier, ':', 2)) AND comments.entity_type = 'Track'
        AND comments.user_id = backbeat.from_hex(split_part(asked.specifier, ':', 1))
    ORDER BY comments.created_at, comments.comment_id
    LIMIT 10
) AS r
