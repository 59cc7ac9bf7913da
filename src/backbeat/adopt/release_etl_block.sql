-- The network's indexer begins behind the last block of this table, where it holds any.
INSERT INTO etl_blocks (proposer_address, block_height, block_time)
SELECT '', cursor.height, cursor.block_time
FROM backbeat.cursor AS cursor
WHERE EXISTS (SELECT FROM etl_blocks)
ON CONFLICT (block_height) DO NOTHING
