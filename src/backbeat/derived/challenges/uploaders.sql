-- Whose a changed track is, and whose it was at the end of a block that was not judged yet.
SELECT
    whose.owner_id AS key,
    count(*) AS rows
FROM tracks AS changed
CROSS JOIN LATERAL (
    SELECT changed.owner_id
    UNION
    SELECT before.owner_id
    FROM backbeat.past_tracks AS before
    WHERE before.track_id = changed.track_id AND before.until_block > %(after)s
) AS whose
WHERE changed.blocknumber > %(after)s AND changed.blocknumber <= %(upto)s
GROUP BY whose.owner_id
