SELECT DISTINCT subject, problem
FROM backbeat.watch_rounds
WHERE problem <> ''
ORDER BY subject, problem
LIMIT %(limit)s::integer
