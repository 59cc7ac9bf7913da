-- The chains of which a database holds blocks, each found by one probe of the primary key.
WITH RECURSIVE chain AS (
    (SELECT min(chain_id) AS chain_id FROM core_indexed_blocks)
    UNION ALL
    SELECT (SELECT min(following.chain_id) FROM core_indexed_blocks AS following WHERE following.chain_id > chain.chain_id)
    FROM chain
    WHERE chain.chain_id IS NOT NULL
)
SELECT chain_id
FROM chain
WHERE chain_id IS NOT NULL
ORDER BY chain_id
