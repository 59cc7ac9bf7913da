-- Where the messages of some numbers stood first; none for a number that is forgotten.
SELECT found.number, found.seen_at, found.height, found.tx_index, found.chain
FROM unnest(%(numbers)b::bigint[]) AS sought (number)
CROSS JOIN LATERAL (
    SELECT
        sought.number,
        block.seen_at,
        coalesce(block.first_heights[place.at], block.height) AS height,
        block.tx_indexes[place.at] AS tx_index,
        coalesce(nullif(block.first_chains[place.at], 0), block.chain) AS chain
    FROM (
        SELECT number, seen_at, height, tx_indexes, first_heights, chain, first_chains
        FROM backbeat.signed_messages
        WHERE signed_messages.number >= sought.number
        ORDER BY signed_messages.number
        LIMIT 1
    ) AS block
    CROSS JOIN LATERAL (SELECT cardinality(block.tx_indexes) - (block.number - sought.number) AS at) AS place
    WHERE place.at > 0
) AS found
