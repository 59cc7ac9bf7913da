SELECT
    to_hex(said.user_id) || ':' || to_hex(t.track_id) AS key,
    count(*) AS rows
FROM comments AS said
JOIN tracks AS t ON t.track_id = said.entity_id AND t.is_current AND t.pinned_comment_id = said.comment_id
WHERE said.blocknumber > %(after)s AND said.blocknumber <= %(upto)s
GROUP BY 1
