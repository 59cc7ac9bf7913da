-- Both bounds lie at some height: block times and the running total of bytes grow with it. So the oldest are enough to look
-- at, and age is told by the chain's own time: what a replay of an old chain refuses is not old.
WITH oldest AS MATERIALIZED (
    SELECT kept.chain_id, kept.height, kept.tx_index, kept.upto_bytes
    FROM backbeat.rejected_bytes AS kept
    WHERE kept.chain_id = (SELECT cursor.chain_id FROM backbeat.cursor AS cursor)
    ORDER BY kept.height, kept.tx_index
    LIMIT %(transactions_max)s::integer
),
stale AS MATERIALIZED (
    SELECT oldest.chain_id, oldest.height, oldest.tx_index
    FROM oldest
    CROSS JOIN backbeat.cursor AS cursor
    WHERE
        (
            %(bytes_max)s::bigint > 0
            AND oldest.upto_bytes <= (
                SELECT newest.upto_bytes
                FROM backbeat.rejected_bytes AS newest
                WHERE newest.chain_id = cursor.chain_id
                ORDER BY newest.height DESC, newest.tx_index DESC
                LIMIT 1
            ) - %(bytes_max)s::bigint
        )
        OR (
            %(seconds)s::double precision > 0
            AND EXISTS (
                SELECT FROM backbeat.rejected_transactions AS refused
                WHERE
                    refused.chain_id = oldest.chain_id
                    AND refused.height = oldest.height
                    AND refused.tx_index = oldest.tx_index
                    AND refused.block_time < cursor.block_time - make_interval(secs => %(seconds)s::double precision)
            )
        )
),
unlisted AS (
    DELETE FROM backbeat.rejected_transactions AS refused
    USING stale
    WHERE
        refused.chain_id = stale.chain_id
        AND refused.height = stale.height
        AND refused.tx_index = stale.tx_index
)
DELETE FROM backbeat.rejected_bytes AS kept
USING stale
WHERE kept.chain_id = stale.chain_id AND kept.height = stale.height AND kept.tx_index = stale.tx_index
