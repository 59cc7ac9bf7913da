INSERT INTO backbeat.transaction_counts AS total (kind, pair, outcome, reason, count)
SELECT kind, pair, outcome, reason, count
FROM unnest(
    %(kinds)b::text[], %(pairs)b::text[], %(outcomes)b::text[], %(reasons)b::text[], %(counts)b::bigint[]
) AS fresh (kind, pair, outcome, reason, count)
ON CONFLICT (kind, pair, outcome, reason) DO UPDATE
SET count = total.count + excluded.count
