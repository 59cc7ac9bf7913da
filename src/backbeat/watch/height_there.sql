-- The height up to which everything of the chain is written. Some indexers note a block before they write it: then the one
-- before.
SELECT
    noted.height::bigint - CASE
        WHEN noted.em_block IS NOT NULL AND NOT EXISTS (SELECT FROM blocks WHERE number = noted.em_block) THEN 1 ELSE 0
    END AS height
FROM core_indexed_blocks AS noted
WHERE noted.chain_id = %(chain_id)s::text
ORDER BY noted.height DESC
LIMIT 1
