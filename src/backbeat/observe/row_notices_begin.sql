-- Where notices of rows begin: at the last block, of which nobody is told.
INSERT INTO indexing_checkpoints (tablename, last_checkpoint)
SELECT %(name)s, cursor.block_number
FROM backbeat.cursor AS cursor
ON CONFLICT (tablename) DO NOTHING
