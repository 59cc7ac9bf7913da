-- The cursor behind the last block of the network's bookkeeping. When that block was is told by the explorer's tables or by
-- the newest play, and otherwise it was a moment ago.
INSERT INTO backbeat.cursor (chain_id, height, block_hash, block_time, block_number, play_id)
SELECT
    block.chain_id,
    block.height,
    lower(block.blockhash),
    coalesce(
        (SELECT etl_blocks.block_time FROM etl_blocks WHERE etl_blocks.block_height = block.height),
        (SELECT plays.created_at FROM plays ORDER BY plays.id DESC LIMIT 1),
        clock_timestamp() AT TIME ZONE 'utc'
    ),
    coalesce((SELECT max(blocks.number) FROM blocks), 0),
    coalesce((SELECT max(plays.id) FROM plays), 0)
FROM core_indexed_blocks AS block
WHERE block.chain_id = %(chain_id)s
ORDER BY block.height DESC
LIMIT 1
ON CONFLICT (singleton) DO UPDATE
SET
    chain_id = excluded.chain_id,
    height = excluded.height,
    block_hash = excluded.block_hash,
    block_time = excluded.block_time,
    block_number = excluded.block_number,
    play_id = excluded.play_id,
    updated_at = clock_timestamp()
