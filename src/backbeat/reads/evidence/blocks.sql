-- Where blocks of these numbers stand on the chain
SELECT
    asked.block_number,
    written.blockhash::text AS block_hash,
    indexed.chain_id,
    indexed.height
FROM unnest(%(numbers)s::integer[]) AS asked (block_number)
JOIN blocks AS written ON written.number = asked.block_number
LEFT JOIN LATERAL (
    SELECT core_indexed_blocks.chain_id, core_indexed_blocks.height
    FROM core_indexed_blocks
    WHERE core_indexed_blocks.blockhash = written.blockhash AND core_indexed_blocks.em_block = asked.block_number
    ORDER BY core_indexed_blocks.height
    LIMIT 1
) AS indexed ON true
