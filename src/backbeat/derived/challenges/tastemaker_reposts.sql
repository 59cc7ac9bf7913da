-- What the blocks brought is read, and of that the tracks of the list taken, not all acts that these ever had.
SELECT
    act.item_id AS key,
    count(*) AS rows
FROM (
    SELECT
        repost_item_id AS item_id,
        repost_type AS item_type
    FROM reposts
    WHERE blocknumber > %(after)s AND blocknumber <= %(upto)s
    OFFSET 0
) AS act
WHERE act.item_type = 'track' AND act.item_id = ANY (%(tracks)s::integer [])
GROUP BY act.item_id
