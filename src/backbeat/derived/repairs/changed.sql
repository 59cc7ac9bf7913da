SELECT
    track_id AS key,
    count(*) AS rows
FROM tracks
WHERE blocknumber > %(after)s AND blocknumber <= %(upto)s
GROUP BY track_id
