-- Whatever has a score and a current row, as the network's newest indexer pays.
SELECT
    s.track_id AS item_id,
    t.owner_id,
    s.score
FROM backbeat.week_track_scores() AS s
JOIN tracks AS t ON t.track_id = s.track_id AND t.is_current
WHERE
    NOT EXISTS (
        SELECT FROM backbeat.deactivated_users AS u WHERE u.user_id = t.owner_id
    )
ORDER BY s.magnitude DESC, s.score DESC, s.track_id DESC
LIMIT 10
