-- Who came back may earn what was kept for them.
WITH listed AS MATERIALIZED (
    SELECT DISTINCT track_id
    FROM backbeat.tastemaker_lists
    CROSS JOIN unnest(tracks) AS track_id
    WHERE
        blocknumber >= coalesce(
            (SELECT max(older.blocknumber) FROM backbeat.tastemaker_lists AS older WHERE older.blocknumber <= %(after)s), 0
        )
)
SELECT
    listed.track_id AS key,
    count(*) AS rows
FROM backbeat.standing_changes AS u
CROSS JOIN listed
WHERE
    u.blocknumber > %(after)s AND u.blocknumber <= %(upto)s
    AND (
        EXISTS (
            SELECT FROM reposts AS r
            WHERE r.user_id = u.user_id AND r.repost_item_id = listed.track_id AND r.repost_type = 'track'
        )
        OR EXISTS (
            SELECT FROM saves AS s
            WHERE s.user_id = u.user_id AND s.save_item_id = listed.track_id AND s.save_type = 'track'
        )
    )
GROUP BY listed.track_id
