INSERT INTO backbeat.transaction_counts AS total (kind, pair, outcome, reason, count, plays)
SELECT kind, pair, outcome, reason, count, plays
FROM unnest(
    %(kinds)b::text[], %(pairs)b::text[], %(outcomes)b::text[], %(reasons)b::text[],
    %(counts)b::bigint[], %(plays)b::bigint[]
) AS fresh (kind, pair, outcome, reason, count, plays)
ON CONFLICT (kind, pair, outcome, reason) DO UPDATE
SET count = total.count + excluded.count, plays = total.plays + excluded.plays
