-- What was undone since is told of as well: it was done at the end of some block.
SELECT
    to_hex(act.user_id) || ':' || to_hex(act.repost_item_id) AS key,
    count(*) AS rows
FROM reposts AS act
WHERE
    act.blocknumber > %(after)s AND act.blocknumber <= %(upto)s
    AND act.repost_type = 'track'
    AND backbeat.was_remix(act.repost_item_id)
GROUP BY 1
