-- A row that was written again later is told of in the block that it was written in first, too.
SELECT
    told.user_id AS key,
    count(*) AS rows
FROM (
    SELECT user_id AS user_id
    FROM users
    WHERE blocknumber > %(after)s AND blocknumber <= %(upto)s
    UNION ALL
    SELECT user_id AS user_id
    FROM backbeat.past_users
    WHERE since_block > %(after)s AND since_block <= %(upto)s
) AS told
GROUP BY told.user_id
