SELECT
    chain_id,
    height,
    block_hash
FROM backbeat.cursor
