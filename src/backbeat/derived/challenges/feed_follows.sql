SELECT
    follower_user_id AS key,
    count(*) AS rows
FROM follows
WHERE blocknumber > %(after)s AND blocknumber <= %(upto)s
GROUP BY follower_user_id
