SELECT
    'top ten tracks reposted or saved' AS fact,
    count(*)::text AS found,
    'among the first ten' AS wanted,
    count(*) > 0 AS holds
FROM (
    SELECT track_id FROM backbeat.trending_week_tracks ORDER BY score DESC, track_id DESC LIMIT 10
) AS top
WHERE
    EXISTS (
        SELECT FROM reposts AS r
        WHERE
            r.user_id = %(user_id)s::integer AND r.repost_item_id = top.track_id AND r.repost_type = 'track'
            AND r.is_current AND NOT r.is_delete
    )
    OR EXISTS (
        SELECT FROM saves AS s
        WHERE
            s.user_id = %(user_id)s::integer AND s.save_item_id = top.track_id AND s.save_type = 'track'
            AND s.is_current AND NOT s.is_delete
    )
