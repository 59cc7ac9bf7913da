SELECT
    CASE
        WHEN grouping(kind) = 0 THEN 'kind'
        WHEN grouping(pair) = 0 THEN 'pair'
        ELSE 'reason'
    END AS facet,
    coalesce(kind, pair, reason) AS name,
    outcome,
    sum(count)::bigint AS count,
    sum(replayed)::bigint AS replayed
FROM backbeat.transaction_counts
GROUP BY GROUPING SETS ((kind, outcome), (pair, outcome), (reason, outcome))
ORDER BY count DESC
LIMIT %(rows_max)s
