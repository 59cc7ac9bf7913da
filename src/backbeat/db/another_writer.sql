-- A block that is noted behind the cursor, which another program indexed: the last one. No row: nobody else did.
SELECT cursor.chain_id, cursor.height AS own_height, block.height::bigint AS height
FROM backbeat.cursor AS cursor
JOIN core_indexed_blocks AS block ON block.chain_id = cursor.chain_id AND block.height > cursor.height
ORDER BY block.height DESC
LIMIT 1
