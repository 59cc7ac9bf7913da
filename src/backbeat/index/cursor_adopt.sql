-- The newest block of the last of some chains that has any, and what else a database holds that was indexed before.
SELECT
    newest.chain_id,
    newest.height::bigint,
    newest.block_hash,
    coalesce((SELECT max(number) FROM blocks), 0) AS block_number,
    coalesce((SELECT max(id) FROM plays), 0)::bigint AS play_id
FROM (VALUES (true)) AS always (is_so)
LEFT JOIN LATERAL (
    SELECT listed.chain_id, block.height, lower(block.blockhash) AS block_hash
    FROM unnest(%(chain_ids)b::text[]) WITH ORDINALITY AS listed (chain_id, place)
    CROSS JOIN LATERAL (
        SELECT height, blockhash
        FROM core_indexed_blocks
        WHERE core_indexed_blocks.chain_id = listed.chain_id
        ORDER BY height DESC
        LIMIT 1
    ) AS block
    ORDER BY listed.place DESC
    LIMIT 1
) AS newest ON always.is_so
