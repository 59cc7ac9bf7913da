SELECT r.{stamp}::bigint
FROM {table} AS r
WHERE r.{stamp} > {after} AND r.{stamp} <= reached.{frontier}
ORDER BY r.{stamp} DESC
LIMIT 1
