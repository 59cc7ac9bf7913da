SELECT
    user_id AS key,
    count(*) AS rows
FROM reposts
WHERE blocknumber > %(after)s AND blocknumber <= %(upto)s
GROUP BY user_id
