-- The next refused transactions of one chain in its order, with the block that their rows are to name: their own, or where that
-- has no em number the last one before it that has, if need be of the chain before. What nothing is kept of but its row is
-- passed over. The reasons are compared in a way that no index serves: all steps together are then one walk along the primary
-- key.
WITH wanted AS MATERIALIZED (
    SELECT
        refused.chain_id,
        refused.height,
        refused.tx_index,
        min(refused.tx_hash) AS tx_hash,
        min(refused.block_time) AS block_time,
        min(refused.kind) AS kind,
        min(refused.entity_type) AS entity_type,
        min(refused.action) AS action,
        array_agg(refused.play_index ORDER BY refused.play_index) AS play_indexes,
        array_agg(refused.reason ORDER BY refused.play_index) AS reasons
    FROM backbeat.rejected_transactions AS refused
    WHERE
        refused.chain_id = %(chain_id)s
        AND (refused.height, refused.tx_index) > (%(height)s::bigint, %(tx_index)s::integer)
        AND array_position(%(reasons)s::text[], refused.reason) IS NOT NULL
        AND refused.reason IS DISTINCT FROM 'replayed'
        AND refused.became IS DISTINCT FROM 'applied'
        AND refused.became IS DISTINCT FROM 'ignored'
        AND EXISTS (
            SELECT FROM backbeat.rejected_bytes AS kept
            WHERE
                kept.chain_id = refused.chain_id
                AND kept.height = refused.height
                AND kept.tx_index = refused.tx_index
                AND (kept.height, kept.tx_index) > (%(height)s::bigint, %(tx_index)s::integer)
        )
    GROUP BY refused.chain_id, refused.height, refused.tx_index
    ORDER BY refused.chain_id, refused.height, refused.tx_index
    LIMIT %(transactions_max)s
),
sized AS MATERIALIZED (
    SELECT
        wanted.chain_id,
        wanted.height,
        wanted.tx_index,
        wanted.tx_hash,
        wanted.block_time,
        wanted.kind,
        wanted.entity_type,
        wanted.action,
        wanted.play_indexes,
        wanted.reasons,
        sum(octet_length(kept.raw)) OVER (ORDER BY wanted.height, wanted.tx_index) - octet_length(kept.raw) AS before
    FROM wanted
    INNER JOIN backbeat.rejected_bytes AS kept USING (chain_id, height, tx_index)
)
SELECT
    sized.chain_id,
    %(chain)s::integer AS chain,
    sized.height,
    sized.tx_index,
    sized.tx_hash,
    sized.block_time,
    sized.kind,
    sized.entity_type,
    sized.action,
    sized.play_indexes,
    sized.reasons,
    kept.raw,
    coalesce(block.blockhash, lower(ended.blockhash), '') AS block_hash,
    coalesce(block.em_block, ended.number) AS block_number
FROM sized
INNER JOIN backbeat.rejected_bytes AS kept USING (chain_id, height, tx_index)
LEFT JOIN LATERAL (
    SELECT lower(numbered.blockhash) AS blockhash, numbered.em_block
    FROM core_indexed_blocks AS numbered
    WHERE numbered.chain_id = sized.chain_id AND numbered.height <= sized.height AND numbered.em_block IS NOT NULL
    ORDER BY numbered.height DESC
    LIMIT 1
) AS block ON true
LEFT JOIN blocks AS ended
    ON ended.number = (SELECT begun.block_number FROM backbeat.chains AS begun WHERE begun.chain_id = %(chain_id)s)
WHERE sized.before < %(bytes_max)s
ORDER BY sized.height, sized.tx_index
