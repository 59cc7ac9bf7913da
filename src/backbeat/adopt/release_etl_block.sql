-- The network's indexer begins behind the last block of this table, where it holds any. One that jobs only ran beside of has
-- noted its own.
INSERT INTO etl_blocks (proposer_address, block_height, block_time)
SELECT '', cursor.height, cursor.block_time
FROM backbeat.cursor AS cursor
WHERE EXISTS (SELECT FROM etl_blocks) AND NOT EXISTS (SELECT FROM backbeat.beside)
ON CONFLICT (block_height) DO NOTHING
