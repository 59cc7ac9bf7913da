SELECT
    user_id AS key,
    count(*) AS rows
FROM saves
WHERE blocknumber > %(after)s AND blocknumber <= %(upto)s
GROUP BY user_id
