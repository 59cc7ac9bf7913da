-- The next keys of a subject, in order
SELECT DISTINCT ON ({order}) ARRAY[{key}]::text [] AS key
FROM ({all_of_it}) AS r
WHERE {after}
ORDER BY {order}
LIMIT %(limit)s::integer
