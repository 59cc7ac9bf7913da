-- Whose a changed playlist is, and whose it was at the end of a block that was not judged yet.
SELECT
    whose.owner_id AS key,
    count(*) AS rows
FROM playlists AS changed
CROSS JOIN LATERAL (
    SELECT changed.playlist_owner_id AS owner_id
    UNION
    SELECT before.owner_id
    FROM backbeat.past_playlists AS before
    WHERE before.playlist_id = changed.playlist_id AND before.until_block > %(after)s
) AS whose
WHERE changed.blocknumber > %(after)s AND changed.blocknumber <= %(upto)s
GROUP BY whose.owner_id
