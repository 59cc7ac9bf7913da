-- What the bookkeeping holds of each chain; "missing" is how many heights lie between its first and its last without a row.
-- Some indexers note a block before they write it: "is_whole" tells whether the last one's row of blocks is there.
SELECT
    chain_id,
    max(height)::bigint AS height,
    min(height)::bigint AS first_height,
    (max(height) - min(height) + 1 - count(*))::bigint AS missing,
    coalesce((SELECT max(number) FROM blocks), 0) >= coalesce(max(em_block), 0) AS is_whole
FROM core_indexed_blocks
GROUP BY chain_id
ORDER BY chain_id
