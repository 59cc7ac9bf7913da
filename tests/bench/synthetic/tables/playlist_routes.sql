INSERT INTO playlist_routes (
    slug, title_slug, collision_id, owner_id, playlist_id, is_current, blockhash, blocknumber, txhash
)
SELECT 'playlist-' || playlist_id, 'playlist-' || playlist_id, 0, playlist_owner_id, playlist_id, true, '', blocknumber, txhash
FROM playlists
ORDER BY playlist_id
