INSERT INTO backbeat.signed_messages (message, number, seen_at, height, tx_index)
SELECT message, number, seen_at, height, tx_index
FROM unnest(
    %(messages)b::bytea[], %(numbers)b::bigint[], %(seen_at)b::timestamp[], %(heights)b::bigint[], %(indexes)b::int[]
) AS seen (message, number, seen_at, height, tx_index)
ON CONFLICT (message) DO UPDATE
SET
    number = excluded.number,
    seen_at = excluded.seen_at,
    height = excluded.height,
    tx_index = excluded.tx_index
