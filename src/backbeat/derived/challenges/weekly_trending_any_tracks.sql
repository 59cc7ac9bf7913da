-- Whatever has a score and a current row, as the network's newest indexer pays.
SELECT
    s.track_id AS item_id,
    t.owner_id,
    s.score
FROM track_trending_scores AS s
JOIN tracks AS t ON t.track_id = s.track_id AND t.is_current
WHERE
    s.type = 'TRACKS' AND s.version = 'pnagD' AND s.time_range = 'week'
    AND NOT EXISTS (
        SELECT FROM users AS u WHERE u.user_id = t.owner_id AND u.is_current AND u.is_deactivated
    )
ORDER BY s.magnitude DESC, s.score DESC, s.track_id DESC
LIMIT 10
