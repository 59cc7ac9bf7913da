SELECT cursor.chain_id, cursor.height, block.height
FROM backbeat.cursor AS cursor
JOIN core_indexed_blocks AS block ON block.chain_id = cursor.chain_id AND block.height > cursor.height
ORDER BY block.height DESC
LIMIT 1
