-- What the bookkeeping holds of each chain; "missing" is how many heights lie between its first and its last without a row.
SELECT
    chain_id,
    max(height)::bigint AS height,
    min(height)::bigint AS first_height,
    (max(height) - min(height) + 1 - count(*))::bigint AS missing
FROM core_indexed_blocks
GROUP BY chain_id
ORDER BY chain_id
