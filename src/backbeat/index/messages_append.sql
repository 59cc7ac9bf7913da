INSERT INTO backbeat.signed_messages (
    number, seen_at, height, messages, tx_indexes, first_heights, chain, first_chains
)
SELECT
    number, seen_at, height, messages, tx_indexes::integer[], nullif(first_heights, '')::bigint[],
    (SELECT coalesce(max(position), 1) FROM backbeat.chains), nullif(first_chains, '')::smallint[]
FROM unnest(
    %(numbers)b::bigint[], %(seen_at)b::timestamp[], %(heights)b::bigint[], %(messages)b::bytea[],
    %(tx_indexes)b::text[], %(first_heights)b::text[], %(first_chains)b::text[]
) AS block (number, seen_at, height, messages, tx_indexes, first_heights, first_chains)
