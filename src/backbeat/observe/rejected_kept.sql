-- The running total at the newest less that at the oldest, and the oldest itself.
SELECT (newest.upto_bytes - oldest.upto_bytes + octet_length(oldest.raw))::bigint
FROM (
    SELECT upto_bytes
    FROM backbeat.rejected_bytes
    WHERE chain_id = (SELECT cursor.chain_id FROM backbeat.cursor AS cursor)
    ORDER BY height DESC, tx_index DESC
    LIMIT 1
) AS newest
CROSS JOIN (
    SELECT upto_bytes, raw
    FROM backbeat.rejected_bytes
    WHERE chain_id = (SELECT cursor.chain_id FROM backbeat.cursor AS cursor)
    ORDER BY height, tx_index
    LIMIT 1
) AS oldest
