-- Playlists and albums have a row of counts, and so has what is not known but counted.
SELECT
    counted.*,
    known.is_album
FROM {counted} AS counted
LEFT JOIN LATERAL (
    SELECT playlist.is_album
    FROM playlists AS playlist
    WHERE playlist.playlist_id = counted.playlist_id
    ORDER BY playlist.is_current DESC
    LIMIT 1
) AS known ON true
WHERE known.is_album IS NOT NULL OR greatest(counted.repost_count, counted.save_count, counted.share_count) > 0
