SELECT
    user_id AS key,
    count(*) AS rows
FROM users
WHERE blocknumber > %(after)s AND blocknumber <= %(upto)s
GROUP BY user_id
