-- Both bounds lie at some block: times and the running total of bytes grow from block to block, and from chain to chain. So the
-- oldest are enough to look at, and age is told by the chain's own time: what a replay of an old chain refuses is not old.
WITH oldest AS MATERIALIZED (
    SELECT chain.chain_id, kept.height, kept.tx_index, kept.upto_bytes
    FROM backbeat.chains AS chain
    CROSS JOIN LATERAL (
        SELECT height, tx_index, upto_bytes
        FROM backbeat.rejected_bytes
        WHERE chain_id = chain.chain_id
        ORDER BY height, tx_index
        LIMIT %(transactions_max)s::integer
    ) AS kept
    ORDER BY chain.position, kept.height, kept.tx_index
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
                FROM backbeat.chains AS chain
                CROSS JOIN LATERAL (
                    SELECT upto_bytes
                    FROM backbeat.rejected_bytes
                    WHERE chain_id = chain.chain_id
                    ORDER BY height DESC, tx_index DESC
                    LIMIT 1
                ) AS newest
                ORDER BY chain.position DESC
                LIMIT 1
            ) - %(bytes_max)s::bigint
        )
        OR (
            %(seconds)s::double precision > 0
            AND (
                SELECT refused.block_time
                FROM backbeat.rejected_transactions AS refused
                WHERE
                    refused.chain_id = oldest.chain_id
                    AND refused.height = oldest.height
                    AND refused.tx_index = oldest.tx_index
                LIMIT 1
            ) < cursor.block_time - make_interval(secs => %(seconds)s::double precision)
        )
    LIMIT %(transactions_max)s::integer -- as many as there can be: the planner takes the cursor for many rows
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
