-- The rows themselves, in the order of the hash of their key: each value's hash, and its beginning
SELECT
    found.place,
    found.hash,
    shown.texts,
    shown.hashes
FROM (
    SELECT
        placed.place,
        encode(sha256(convert_to(%(key)s::text || placed.content, 'UTF8')), 'hex') AS hash,
        placed.texts
    FROM (
        SELECT
            encode(sha256(convert_to(%(key)s::text || {place}::text, 'UTF8')), 'hex') AS place,
            {content}::text AS content,
            ARRAY[{texts}]::text[] AS texts
        FROM {table} AS r
        WHERE {bound}
        OFFSET 0
    ) AS placed
    WHERE left(placed.place, %(given)s::integer) = ANY(%(prefixes)s::text[])
    ORDER BY placed.place COLLATE "C"
    LIMIT %(limit)s
) AS found
CROSS JOIN LATERAL (
    SELECT
        array_agg(left(each.value, %(characters)s::integer) ORDER BY each.place) AS texts,
        array_agg(encode(sha256(convert_to(%(key)s::text || each.value, 'UTF8')), 'hex') ORDER BY each.place) AS hashes
    FROM unnest(found.texts) WITH ORDINALITY AS each (value, place)
) AS shown
ORDER BY found.place COLLATE "C", found.hash COLLATE "C"
