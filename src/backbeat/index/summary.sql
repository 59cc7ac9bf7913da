SELECT kind, outcome, sum(count)::bigint AS count, sum(plays)::bigint AS plays
FROM backbeat.transaction_counts
GROUP BY kind, outcome
ORDER BY kind, outcome
