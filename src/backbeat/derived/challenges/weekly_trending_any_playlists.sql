-- Whatever has a score and a current row, as the network's newest indexer pays.
SELECT
    s.playlist_id AS item_id,
    p.playlist_owner_id AS owner_id,
    s.score
FROM backbeat.playlist_scores() AS s
JOIN playlists AS p ON p.playlist_id = s.playlist_id AND p.is_current
WHERE
    s.time_range = 'week'
    AND NOT EXISTS (
        SELECT FROM backbeat.deactivated_users AS u WHERE u.user_id = p.playlist_owner_id
    )
ORDER BY s.magnitude DESC, s.score DESC, s.playlist_id DESC
LIMIT 10
