-- The addresses of what the block brought, at most so many of each kind.
WITH lists AS (
    INSERT INTO playlist_routes (
        slug, title_slug, collision_id, owner_id, playlist_id, is_current, blockhash, blocknumber, txhash
    )
    SELECT
        'playlist-' || playlist_id, 'playlist-' || playlist_id, 0, playlist_owner_id, playlist_id, true, '', %(block)s, txhash
    FROM playlists
    WHERE blocknumber = %(block)s
    LIMIT %(rows)s
)
INSERT INTO track_routes (slug, title_slug, collision_id, owner_id, track_id, is_current, blockhash, blocknumber, txhash)
SELECT 'track-' || track_id, 'track-' || track_id, 0, owner_id, track_id, true, '', %(block)s, txhash
FROM tracks
WHERE blocknumber = %(block)s
LIMIT %(rows)s
