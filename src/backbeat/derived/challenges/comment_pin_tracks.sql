-- Pins at the end of any block that was not judged yet, also those that were taken back since.
SELECT
    to_hex(said.user_id) || ':' || to_hex(t.track_id) AS key,
    count(*) AS rows
FROM tracks AS t
CROSS JOIN LATERAL (
    SELECT pin.pinned_comment_id
    FROM backbeat.track_versions AS pin
    WHERE
        pin.track_id = t.track_id AND pin.pinned_comment_id IS NOT NULL
        AND (pin.until_block IS NULL OR pin.until_block > %(after)s)
    OFFSET 0 -- by track
) AS pinned
JOIN comments AS said ON said.comment_id = pinned.pinned_comment_id
WHERE t.blocknumber > %(after)s AND t.blocknumber <= %(upto)s AND t.is_current
GROUP BY 1
