-- What the blocks brought is read, and of that the tracks of the list taken, not all acts that these ever had.
SELECT
    act.item_id AS key,
    count(*) AS rows
FROM (
    SELECT
        save_item_id AS item_id,
        save_type AS item_type
    FROM saves
    WHERE blocknumber > %(after)s AND blocknumber <= %(upto)s
    OFFSET 0
) AS act
WHERE act.item_type = 'track' AND act.item_id = ANY (%(tracks)s::integer [])
GROUP BY act.item_id
