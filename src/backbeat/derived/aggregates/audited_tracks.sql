-- Tracks have a row of counts, and so has what is not known but counted.
SELECT counted.*
FROM {counted} AS counted
WHERE
    EXISTS (SELECT FROM tracks AS known WHERE known.track_id = counted.track_id)
    OR greatest(counted.repost_count, counted.save_count, counted.share_count, counted.comment_count) > 0
