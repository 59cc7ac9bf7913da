-- Public playlists with at least five tracks of at least five artists.
SELECT
    s.playlist_id AS item_id,
    p.playlist_owner_id AS owner_id,
    s.score
FROM backbeat.playlist_scores() AS s
JOIN playlists AS p ON p.playlist_id = s.playlist_id AND backbeat.is_public_playlist(p)
WHERE
    s.time_range = 'week' AND NOT p.is_album
    AND (
        SELECT count(*) >= 5 AND count(DISTINCT t.owner_id) >= 5
        FROM playlist_tracks AS held
        JOIN tracks AS t ON t.track_id = held.track_id AND t.is_current AND NOT t.is_delete
        WHERE held.playlist_id = s.playlist_id AND NOT held.is_removed
    )
    AND NOT EXISTS (
        SELECT FROM backbeat.deactivated_users AS u WHERE u.user_id = p.playlist_owner_id
    )
ORDER BY s.magnitude DESC, s.score DESC, s.playlist_id DESC
LIMIT 10
