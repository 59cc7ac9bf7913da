SELECT
    to_hex(said.user_id) || ':' || to_hex(pinned.track_id) AS key,
    count(*) AS rows
FROM comments AS said
CROSS JOIN LATERAL (
    SELECT pin.track_id
    FROM backbeat.track_versions AS pin
    WHERE pin.pinned_comment_id = said.comment_id AND pin.track_id = said.entity_id
    OFFSET 0 -- by comment
) AS pinned
WHERE said.blocknumber > %(after)s AND said.blocknumber <= %(upto)s
GROUP BY 1
