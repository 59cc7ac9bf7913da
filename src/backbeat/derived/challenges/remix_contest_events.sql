SELECT
    user_id AS key,
    count(*) AS rows
FROM events
WHERE blocknumber > %(after)s AND blocknumber <= %(upto)s AND event_type = 'remix_contest'
GROUP BY user_id
