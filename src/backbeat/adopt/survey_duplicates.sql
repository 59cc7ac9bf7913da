-- Keys that more than one current row has; a few are named, all are counted.
SELECT
    concat_ws(', ', {columns})::text AS key,
    array_agg(txhash::text ORDER BY blocknumber DESC NULLS LAST, txhash) AS txhashes,
    count(*) OVER () AS keys
FROM {table}
WHERE is_current
GROUP BY {columns}
HAVING count(*) > 1
ORDER BY {columns}
LIMIT 20
