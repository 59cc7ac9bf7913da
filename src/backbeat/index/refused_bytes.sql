-- The running total goes on from the newest of this chain, or where that has none from the newest of the chains before. A chain
-- is in backbeat.chains once its first block is committed.
INSERT INTO backbeat.rejected_bytes (chain_id, height, tx_index, upto_bytes, raw)
SELECT
    %(chain_id)s::text,
    refused.height,
    refused.tx_index,
    coalesce(
        (
            SELECT last.upto_bytes
            FROM backbeat.rejected_bytes AS last
            WHERE last.chain_id = %(chain_id)s::text
            ORDER BY last.height DESC, last.tx_index DESC
            LIMIT 1
        ),
        (
            SELECT last.upto_bytes
            FROM backbeat.chains AS chain
            CROSS JOIN LATERAL (
                SELECT upto_bytes
                FROM backbeat.rejected_bytes
                WHERE chain_id = chain.chain_id
                ORDER BY height DESC, tx_index DESC
                LIMIT 1
            ) AS last
            ORDER BY chain.position DESC
            LIMIT 1
        ),
        0
    ) + sum(refused.size) OVER (ORDER BY refused.height, refused.tx_index ROWS UNBOUNDED PRECEDING),
    refused.raw
FROM unnest(
    %(heights)b::bigint[], %(tx_indexes)b::integer[], %(sizes)b::bigint[], %(raws)b::bytea[]
) AS refused (height, tx_index, size, raw)
ON CONFLICT (chain_id, height, tx_index) DO NOTHING
