INSERT INTO track_routes (
    slug, title_slug, collision_id, owner_id, track_id, is_current, blockhash, blocknumber, txhash
)
SELECT 'track-' || track_id, 'track-' || track_id, 0, owner_id, track_id, true, '', blocknumber, txhash
FROM tracks
ORDER BY track_id
