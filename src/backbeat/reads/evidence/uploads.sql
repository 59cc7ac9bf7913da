-- The first public tracks of a user, as many as are wanted
SELECT
    asked.specifier,
    'tracks' AS source,
    r.track_id::text AS id,
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
    SELECT t.* FROM tracks AS t
    WHERE t.owner_id = asked.user_id AND backbeat.is_public_track(t)
    ORDER BY t.created_at, t.track_id
    LIMIT (SELECT greatest(least(step_count, 100), 1) FROM challenges WHERE id = 'u')
) AS r
