INSERT INTO backbeat.signed_messages (number, seen_at, height, messages, tx_indexes, first_heights)
SELECT number, seen_at, height, messages, tx_indexes::integer[], nullif(first_heights, '')::bigint[]
FROM unnest(
    %(numbers)b::bigint[], %(seen_at)b::timestamp[], %(heights)b::bigint[], %(messages)b::bytea[],
    %(tx_indexes)b::text[], %(first_heights)b::text[]
) AS block (number, seen_at, height, messages, tx_indexes, first_heights)
