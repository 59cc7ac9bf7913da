-- Who came back may earn what was kept for them.
SELECT
    top.track_id AS key,
    count(*) AS rows
FROM backbeat.standing_changes AS u
CROSS JOIN unnest(%(tracks)s::integer []) AS top (track_id)
WHERE
    u.blocknumber > %(after)s AND u.blocknumber <= %(upto)s
    AND (
        EXISTS (
            SELECT FROM reposts AS r
            WHERE r.user_id = u.user_id AND r.repost_item_id = top.track_id AND r.repost_type = 'track'
        )
        OR EXISTS (
            SELECT FROM saves AS s
            WHERE s.user_id = u.user_id AND s.save_item_id = top.track_id AND s.save_type = 'track'
        )
    )
GROUP BY top.track_id
