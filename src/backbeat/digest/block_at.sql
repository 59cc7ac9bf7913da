-- The number of the last block of entity transactions at a height
SELECT coalesce(max(known.em_block), 0) AS block_number
FROM (
    SELECT em_block
    FROM core_indexed_blocks
    WHERE chain_id = %(chain_id)s::text AND height <= %(height)s::bigint AND em_block IS NOT NULL
    ORDER BY height DESC
    LIMIT 1
) AS known
