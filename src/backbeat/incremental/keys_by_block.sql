SELECT
    {key} AS key,
    count(*) AS rows
FROM {table}
WHERE blocknumber > %(after)s AND blocknumber <= %(upto)s
GROUP BY {key}
