-- Values of a key that more than one row has; a few are named, all are counted.
SELECT
    concat_ws(', ', {columns})::text AS key,
    count(*) OVER () AS keys
FROM {table}
WHERE ({columns}) IS NOT NULL
GROUP BY {columns}
HAVING count(*) > 1
ORDER BY {columns}
LIMIT 20
