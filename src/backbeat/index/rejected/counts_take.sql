UPDATE backbeat.transaction_counts AS total
SET count = total.count - fewer.count, replayed = total.replayed + fewer.count
FROM unnest(
    %(kinds)b::text[], %(pairs)b::text[], %(reasons)b::text[], %(counts)b::bigint[]
) AS fewer (kind, pair, reason, count)
WHERE
    total.kind = fewer.kind
    AND total.pair = fewer.pair
    AND total.outcome = 'rejected'
    AND total.reason = fewer.reason
