-- Which of some signed messages were applied elsewhere: by a replay, or where the chain had them once more and they were not
-- refused. The list of what came again is short, and the messages that are asked for are few.
WITH sought AS (
    SELECT message, digest, signer, chain_id, height, tx_index
    FROM unnest(
        %(messages)b::bytea[], %(digests)b::bytea[], %(signers)b::text[], %(chain_ids)b::text[], %(heights)b::bigint[],
        %(tx_indexes)b::integer[]
    ) AS sought (message, digest, signer, chain_id, height, tx_index)
),
twins AS (
    SELECT sought.message, place.chain_id, place.height AS at_height, place.tx_index AS at_index
    FROM sought
    INNER JOIN backbeat.replayed_transactions AS again USING (digest, signer)
    CROSS JOIN LATERAL (
        VALUES
        (again.chain_id, again.height, again.tx_index),
        (again.first_chain_id, again.first_height, again.first_tx_index)
    ) AS place (chain_id, height, tx_index)
    WHERE (place.chain_id, place.height, place.tx_index) <> (sought.chain_id, sought.height, sought.tx_index)
)
SELECT sought.message
FROM sought
WHERE EXISTS (
    SELECT FROM backbeat.rejected_transactions AS refused
    WHERE refused.message = sought.message AND refused.became = 'applied'
)
UNION
SELECT twins.message
FROM twins
WHERE NOT EXISTS (
    SELECT FROM backbeat.rejected_transactions AS refused
    WHERE
        refused.chain_id = twins.chain_id
        AND refused.height = twins.at_height
        AND refused.tx_index = twins.at_index
        AND refused.play_index = -1
        AND refused.became IS DISTINCT FROM 'applied'
)
