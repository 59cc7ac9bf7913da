-- Who did one kind of act, or took it back. A row that a block wrote again later is told of in the block that it was written in
-- first, too.
SELECT
    told.user_id AS key,
    count(*) AS rows
FROM (
    SELECT user_id
    FROM {acts}
    WHERE blocknumber > %(after)s AND blocknumber <= %(upto)s
    UNION ALL
    SELECT past.user_id
    FROM {past} AS past
    WHERE
        past.since_block > %(after)s AND past.since_block <= %(upto)s
        AND EXISTS (
            SELECT FROM {acts} AS again
            WHERE
                again.user_id = past.user_id AND again.{item} = past.{item} AND again.{kind} = past.{kind}
                AND again.blocknumber > past.since_block
        )
) AS told
GROUP BY told.user_id
