SELECT
    split_part(key, ':', 2)::integer AS key,
    count(*) AS rows
FROM backbeat.changed_keys(%(stream)s, %(after)s, %(upto)s) AS key
WHERE key IS NULL OR split_part(key, ':', 1) = ANY (%(kinds)b::text [])
GROUP BY 1
