SELECT
    to_hex(said.user_id) || ':' || to_hex(t.track_id) AS key,
    count(*) AS rows
FROM tracks AS t
JOIN comments AS said ON said.comment_id = t.pinned_comment_id
WHERE t.blocknumber > %(after)s AND t.blocknumber <= %(upto)s AND t.is_current
GROUP BY 1
