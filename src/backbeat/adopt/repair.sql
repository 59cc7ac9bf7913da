-- Of several current rows of one key the newest stays current, and the others become superseded ones.
UPDATE {table} AS kept
SET is_current = false
FROM (
    SELECT
        ctid AS place,
        row_number() OVER (PARTITION BY {columns} ORDER BY blocknumber DESC NULLS LAST, txhash DESC) AS age
    FROM {table}
    WHERE is_current
) AS ranked
WHERE kept.ctid = ranked.place AND ranked.age > 1
