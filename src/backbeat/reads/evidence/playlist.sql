-- The first playlist of a user that holds a track
SELECT
    asked.specifier,
    'playlists' AS source,
    r.playlist_id::text AS id,
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
    SELECT p.* FROM playlists AS p
    WHERE
        p.playlist_owner_id = asked.user_id AND p.is_current AND NOT p.is_delete
        AND backbeat.has_entries(p.playlist_contents, 1)
    ORDER BY p.created_at, p.playlist_id
    LIMIT 1
) AS r
