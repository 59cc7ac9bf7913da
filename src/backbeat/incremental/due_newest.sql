SELECT (r.{column} + {delay}::interval)::timestamptz
FROM {table} AS r
WHERE
    r.{column} > {after} - {delay}::interval
    AND r.{column} <= {now} - {delay}::interval
ORDER BY r.{column} DESC
LIMIT 1
