-- Rows that triggers ensure and that are gone, with nothing counted yet.
INSERT INTO aggregate_playlist (playlist_id, is_album)
SELECT DISTINCT ON (p.playlist_id)
    p.playlist_id,
    p.is_album
FROM playlists AS p
WHERE
    p.playlist_id = ANY (%(keys)b::int [])
    AND NOT EXISTS (SELECT FROM aggregate_playlist AS kept WHERE kept.playlist_id = p.playlist_id)
ORDER BY p.playlist_id, p.is_current DESC
ON CONFLICT (playlist_id) DO NOTHING
RETURNING playlist_id
