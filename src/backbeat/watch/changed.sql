-- The keys of rows that our blocks wrote behind a block, whole blocks at a time
SELECT ARRAY[{key}]::text [] AS key, r.{stamp} AS number
FROM ({all_of_it}) AS r
WHERE r.{stamp} > %(above)s::integer
ORDER BY r.{stamp}
FETCH FIRST (%(limit)s::integer) ROWS WITH TIES
