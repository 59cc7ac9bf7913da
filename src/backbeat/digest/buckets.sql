-- Rows by the beginning of the hash of their key
SELECT
    left(found.place, %(digits)s::integer) AS prefix,
    count(*) AS rows,
    coalesce(sum(('x' || left(found.hash, 16))::bit(64)::bigint), 0) AS high,
    coalesce(sum(('x' || substr(found.hash, 17, 16))::bit(64)::bigint), 0) AS low
FROM (
    SELECT
        placed.place,
        encode(sha256(convert_to(%(key)s::text || placed.content, 'UTF8')), 'hex') AS hash
    FROM (
        SELECT
            encode(sha256(convert_to(%(key)s::text || {place}::text, 'UTF8')), 'hex') AS place,
            {content}::text AS content
        FROM {table} AS r
        WHERE {bound}
        OFFSET 0
    ) AS placed
    WHERE left(placed.place, %(given)s::integer) = ANY(%(prefixes)s::text[])
    OFFSET 0
) AS found
GROUP BY 1
ORDER BY 1
