SELECT
    t.track_id AS item_id,
    t.owner_id,
    t.score
FROM backbeat.trending_week_tracks AS t
WHERE
    NOT EXISTS (
        SELECT FROM backbeat.deactivated_users AS u WHERE u.user_id = t.owner_id
    )
ORDER BY t.magnitude DESC, t.score DESC, t.track_id DESC
LIMIT 10
