SELECT
    user_id AS key,
    count(*) AS rows
FROM users
WHERE
    blocknumber > %(after)s AND blocknumber <= %(upto)s
    AND is_current AND is_verified AND NOT is_deactivated
GROUP BY user_id
