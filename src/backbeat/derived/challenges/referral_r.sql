SELECT
    'r:' || user_id AS key,
    count(*) AS rows
FROM user_events
WHERE blocknumber > %(after)s AND blocknumber <= %(upto)s AND is_current AND referrer IS NOT NULL
GROUP BY user_id
