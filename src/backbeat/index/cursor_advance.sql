INSERT INTO backbeat.cursor AS at (chain_id, height, block_hash, block_time, block_number, play_id)
VALUES (
    %(chain_id)s, %(height)s, %(block_hash)s, %(block_time)s, %(block_number)s, %(play_id)s
)
ON CONFLICT (singleton) DO UPDATE
SET
    chain_id = excluded.chain_id,
    height = excluded.height,
    block_hash = excluded.block_hash,
    block_time = excluded.block_time,
    block_number = excluded.block_number,
    play_id = excluded.play_id,
    updated_at = clock_timestamp()
WHERE at.height = %(expected_height)s AND at.chain_id = %(expected_chain_id)s
RETURNING height
