SELECT
    user_id AS key,
    count(*) AS rows
FROM users
WHERE user_id > %(after)s AND user_id <= %(upto)s
GROUP BY user_id
