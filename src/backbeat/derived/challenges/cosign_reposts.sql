-- What was undone since is told of as well: it was done at the end of some block.
SELECT
    to_hex(act.user_id) || ':' || to_hex(act.repost_item_id) AS key,
    count(*) AS rows
FROM reposts AS act
WHERE
    act.blocknumber > %(after)s AND act.blocknumber <= %(upto)s
    AND act.repost_type = 'track'
    -- a remix, or once one: what was done meanwhile is judged as of then
    AND EXISTS (
        SELECT 1 FROM remixes WHERE remixes.child_track_id = act.repost_item_id
        UNION ALL
        SELECT 1 FROM backbeat.past_tracks AS kept WHERE kept.track_id = act.repost_item_id AND kept.parents IS NOT NULL
    )
GROUP BY 1
