INSERT INTO backbeat.adoptions (number, chain_id, height, block_number, play_id)
SELECT
    coalesce((SELECT max(earlier.number) FROM backbeat.adoptions AS earlier), 0) + 1,
    cursor.chain_id,
    cursor.height,
    cursor.block_number,
    cursor.play_id
FROM backbeat.cursor AS cursor
RETURNING chain_id, height, block_number, play_id
