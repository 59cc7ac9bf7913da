SELECT
    track_id AS key,
    count(*) AS rows
FROM backbeat.tastemaker_lists
CROSS JOIN unnest(tracks) AS track_id
WHERE blocknumber > %(after)s AND blocknumber <= %(upto)s
GROUP BY track_id
