-- The running total at the newest less that at the oldest, and the oldest itself.
SELECT (newest.upto_bytes - oldest.upto_bytes + octet_length(oldest.raw))::bigint
FROM (
    SELECT kept.upto_bytes
    FROM backbeat.chains AS chain
    CROSS JOIN LATERAL (
        SELECT upto_bytes
        FROM backbeat.rejected_bytes
        WHERE chain_id = chain.chain_id
        ORDER BY height DESC, tx_index DESC
        LIMIT 1
    ) AS kept
    ORDER BY chain.position DESC
    LIMIT 1
) AS newest
CROSS JOIN (
    SELECT kept.upto_bytes, kept.raw
    FROM backbeat.chains AS chain
    CROSS JOIN LATERAL (
        SELECT upto_bytes, raw
        FROM backbeat.rejected_bytes
        WHERE chain_id = chain.chain_id
        ORDER BY height, tx_index
        LIMIT 1
    ) AS kept
    ORDER BY chain.position
    LIMIT 1
) AS oldest
