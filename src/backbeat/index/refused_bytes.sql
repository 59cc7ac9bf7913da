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
        0
    ) + sum(refused.size) OVER (ORDER BY refused.height, refused.tx_index ROWS UNBOUNDED PRECEDING),
    refused.raw
FROM unnest(
    %(heights)b::bigint[], %(tx_indexes)b::integer[], %(sizes)b::bigint[], %(raws)b::bytea[]
) AS refused (height, tx_index, size, raw)
ON CONFLICT (chain_id, height, tx_index) DO NOTHING
