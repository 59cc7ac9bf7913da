-- The oldest block of which something refused is kept whole, and whether a block that is asked for stands before it.
SELECT
    CASE WHEN oldest.chain_id <> cursor.chain_id THEN oldest.chain_id END AS chain_id,
    oldest.height,
    coalesce((asked.position, %(height)s::bigint) < (oldest.position, oldest.height), false) AS is_behind
FROM backbeat.cursor AS cursor
CROSS JOIN LATERAL (
    SELECT chain.chain_id, chain.position, kept.height
    FROM backbeat.chains AS chain
    CROSS JOIN LATERAL (
        SELECT height
        FROM backbeat.rejected_bytes
        WHERE chain_id = chain.chain_id
        ORDER BY height, tx_index
        LIMIT 1
    ) AS kept
    ORDER BY chain.position
    LIMIT 1
) AS oldest
LEFT JOIN backbeat.chains AS asked ON asked.chain_id = coalesce(%(chain_id)s::text, cursor.chain_id)
