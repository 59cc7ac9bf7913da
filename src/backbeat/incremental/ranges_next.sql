-- The next range: keys of the target and of the facts alike, in order.
SELECT either.key
FROM ({sources}) AS either
WHERE either.key IS NOT NULL
GROUP BY either.key
ORDER BY either.key
LIMIT %(keys_max)s::integer
