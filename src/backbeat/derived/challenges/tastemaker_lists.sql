-- What a new list holds, and the one before it: the challenge may have been switched on between the two.
SELECT
    track_id AS key,
    count(*) AS rows
FROM backbeat.tastemaker_lists
CROSS JOIN unnest(tracks) AS track_id
WHERE
    blocknumber <= %(upto)s
    AND blocknumber >= coalesce(
        (SELECT max(older.blocknumber) FROM backbeat.tastemaker_lists AS older WHERE older.blocknumber <= %(after)s), 0
    )
    AND EXISTS (SELECT FROM backbeat.tastemaker_lists AS newer WHERE newer.blocknumber > %(after)s)
GROUP BY track_id
