SELECT kind, outcome, reason, sum(count)::bigint AS count, sum(plays)::bigint AS plays
FROM backbeat.transaction_counts
GROUP BY kind, outcome, reason
ORDER BY kind, outcome, reason
