-- What the blocks brought is read, and of that the tracks of the lists since then taken, not all acts that these ever had; and of
-- the acts on these tracks that later blocks wrote again, what ended or began in these blocks.
WITH listed AS MATERIALIZED (
    SELECT DISTINCT track_id
    FROM backbeat.tastemaker_lists
    CROSS JOIN unnest(tracks) AS track_id
    WHERE
        blocknumber >= coalesce(
            (SELECT max(older.blocknumber) FROM backbeat.tastemaker_lists AS older WHERE older.blocknumber <= %(after)s), 0
        )
)
SELECT
    act.item_id AS key,
    count(*) AS rows
FROM (
    SELECT fresh.item_id
    FROM (
        SELECT
            {item} AS item_id,
            {kind} AS item_type
        FROM {acts}
        WHERE blocknumber > %(after)s AND blocknumber <= %(upto)s
        OFFSET 0
    ) AS fresh
    JOIN listed ON listed.track_id = fresh.item_id
    WHERE fresh.item_type = 'track'
    UNION ALL
    SELECT listed.track_id
    FROM listed
    CROSS JOIN LATERAL (
        SELECT
            past.user_id,
            past.since_block,
            past.until_block
        FROM {past} AS past
        WHERE past.{item} = listed.track_id AND past.{kind} = 'track'
        OFFSET 0
    ) AS done
    CROSS JOIN LATERAL (VALUES (done.since_block), (done.until_block)) AS edge (blocknumber)
    WHERE
        edge.blocknumber > %(after)s AND edge.blocknumber <= %(upto)s
        AND EXISTS (
            SELECT FROM {acts} AS again
            WHERE
                again.user_id = done.user_id AND again.{item} = listed.track_id AND again.{kind} = 'track'
                AND again.blocknumber > edge.blocknumber
        )
) AS act
GROUP BY act.item_id
