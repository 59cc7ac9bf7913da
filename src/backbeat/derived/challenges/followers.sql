-- A row that a block wrote again later is told of in the block that it was written in first, too.
SELECT
    told.user_id AS key,
    count(*) AS rows
FROM (
    SELECT follower_user_id AS user_id
    FROM follows
    WHERE blocknumber > %(after)s AND blocknumber <= %(upto)s
    UNION ALL
    SELECT past.follower_user_id AS user_id
    FROM backbeat.past_follows AS past
    WHERE
        past.since_block > %(after)s AND past.since_block <= %(upto)s
        AND EXISTS (
            SELECT FROM follows AS again
            WHERE
                again.follower_user_id = past.follower_user_id AND again.followee_user_id = past.followee_user_id
                AND again.blocknumber > past.since_block
        )
) AS told
GROUP BY told.user_id
