-- Where jobs ran beside the indexer that is switched from: its frontier is none any more, the worker that keeps it loses the lease, and
-- histories go on where the cursor is set now.
WITH ended AS (
    DELETE FROM backbeat.beside RETURNING 1
),
closed AS (
    UPDATE backbeat.adoptions
    SET released_at = clock_timestamp(), released_height = cursor.height
    FROM backbeat.cursor AS cursor
    WHERE adoptions.released_at IS NULL AND EXISTS (SELECT FROM ended)
),
evicted AS (
    UPDATE backbeat.leases
    SET term = term + 1, expires_at = '-infinity'
    WHERE name = 'index' AND EXISTS (SELECT FROM ended)
)
INSERT INTO backbeat.past_frontiers (block_number, play_id, height, block_time)
SELECT cursor.block_number, cursor.play_id, cursor.height, cursor.block_time
FROM backbeat.cursor AS cursor
WHERE EXISTS (SELECT FROM ended)
ON CONFLICT DO NOTHING
