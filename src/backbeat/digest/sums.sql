SELECT
    count(*) AS rows,
    coalesce(sum(('x' || left(found.hash, 16))::bit(64)::bigint), 0) AS high,
    coalesce(sum(('x' || substr(found.hash, 17, 16))::bit(64)::bigint), 0) AS low
FROM (
    SELECT encode(sha256(convert_to(%(key)s::text || {content}::text, 'UTF8')), 'hex') AS hash
    FROM {table} AS r
    WHERE {bound} AND {piece}
    OFFSET 0 -- otherwise each hash is made twice
) AS found
