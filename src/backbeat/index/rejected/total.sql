-- What there is to replay, what of it has lost its bytes, and how many were refused for these reasons and are on no list any
-- more; the last only where all blocks are asked for.
WITH listed AS (
    SELECT
        count(DISTINCT (refused.chain_id, refused.height, refused.tx_index)) FILTER (WHERE kept.height IS NOT NULL) AS found,
        count(DISTINCT (refused.chain_id, refused.height, refused.tx_index)) FILTER (WHERE kept.height IS NULL) AS without_bytes,
        count(*) FILTER (WHERE refused.play_index < 0) AS whole
    FROM backbeat.rejected_transactions AS refused
    LEFT JOIN backbeat.rejected_bytes AS kept USING (chain_id, height, tx_index)
    WHERE
        (%(since)s = 0 OR (refused.chain_id = %(chain_id)s AND refused.height >= %(since)s))
        AND refused.reason = ANY (%(reasons)s)
        AND refused.reason <> 'replayed'
        AND coalesce(refused.became, 'rejected') = 'rejected'
)
SELECT
    listed.found,
    listed.without_bytes,
    CASE
        WHEN %(since)s = 0
            THEN greatest(
                coalesce(
                    (
                        SELECT sum(ended.count)
                        FROM backbeat.transaction_counts AS ended
                        WHERE ended.outcome = 'rejected' AND ended.reason = ANY (%(reasons)s)
                    ),
                    0
                ) - listed.whole,
                0
            )::bigint
        ELSE 0
    END AS forgotten
FROM listed
