-- Owners of changed tracks, and whose they were before; also of tracks that a block changed again behind the window.
SELECT
    held.owner_id AS key,
    count(*) AS rows
FROM (
    (
        SELECT t.track_id
        FROM tracks AS t
        WHERE t.blocknumber > %(after)s AND t.blocknumber <= %(upto)s
        OFFSET 0
    )
    UNION
    (
        SELECT past.track_id
        FROM backbeat.past_tracks AS past
        JOIN tracks AS again ON again.track_id = past.track_id AND again.blocknumber > past.since_block
        WHERE past.since_block > %(after)s AND past.since_block <= %(upto)s
        OFFSET 0
    )
) AS changed
CROSS JOIN LATERAL (
    SELECT DISTINCT t.owner_id
    FROM backbeat.track_versions AS t
    WHERE t.track_id = changed.track_id AND (t.until_block IS NULL OR t.until_block > %(after)s)
) AS held
GROUP BY held.owner_id
