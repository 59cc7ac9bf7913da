INSERT INTO backbeat.chains (chain_id, position, first_height, block_number)
SELECT cursor.chain_id, 1, cursor.height + 1, cursor.block_number
FROM backbeat.cursor AS cursor
ON CONFLICT (chain_id) DO UPDATE
SET first_height = excluded.first_height, block_number = excluded.block_number, begun_at = excluded.begun_at
