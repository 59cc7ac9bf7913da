-- Where jobs begin beside an indexer: its newest block but for those that it may still write, with the last number of blocks
-- so far, and the plays up to the first one of a later block that is noted or next. Of others the slot is another chain's, or none.
SELECT
    block.chain_id,
    block.height::bigint AS height,
    lower(block.blockhash) AS block_hash,
    coalesce(
        (
            SELECT numbered.em_block
            FROM core_indexed_blocks AS numbered
            WHERE numbered.chain_id = block.chain_id AND numbered.height <= block.height AND numbered.em_block IS NOT NULL
            ORDER BY numbered.height DESC
            LIMIT 1
        ),
        (SELECT max(number) FROM blocks),
        0
    ) AS block_number,
    coalesce(
        (
            SELECT coalesce(min(newest.id) FILTER (WHERE newest.slot > block.height AND newest.slot <= head.height + 1) - 1, max(newest.id))
            FROM (SELECT id, slot FROM plays ORDER BY id DESC LIMIT 10000) AS newest
        ),
        0
    )::bigint AS play_id
FROM (SELECT max(last.height) AS height FROM core_indexed_blocks AS last WHERE last.chain_id = %(chain_id)s) AS head
JOIN core_indexed_blocks AS block
    ON block.chain_id = %(chain_id)s AND block.height <= head.height - %(blocks_behind)s::integer
ORDER BY block.height DESC
LIMIT 1
