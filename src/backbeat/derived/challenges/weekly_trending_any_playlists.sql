-- Whatever has a score and a current row, as the network's newest indexer pays.
SELECT
    s.playlist_id AS item_id,
    p.playlist_owner_id AS owner_id,
    s.score
FROM playlist_trending_scores AS s
JOIN playlists AS p ON p.playlist_id = s.playlist_id AND p.is_current
WHERE
    s.type = 'PLAYLISTS' AND s.version = 'pnagD' AND s.time_range = 'week'
    AND NOT EXISTS (
        SELECT FROM users AS u WHERE u.user_id = p.playlist_owner_id AND u.is_current AND u.is_deactivated
    )
ORDER BY s.magnitude DESC, s.score DESC, s.playlist_id DESC
LIMIT 10
