SELECT kind, outcome, reason, sum(count)::bigint AS count, sum(plays)::bigint AS plays
FROM backbeat.transaction_counts
WHERE count > 0 OR plays > 0
GROUP BY kind, outcome, reason
ORDER BY kind, outcome, reason
