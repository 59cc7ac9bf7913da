SELECT
    user_id AS key,
    count(*) AS rows
FROM users
WHERE
    blocknumber > %(after)s AND blocknumber <= %(upto)s
    AND backbeat.is_active(users) AND is_verified
GROUP BY user_id
