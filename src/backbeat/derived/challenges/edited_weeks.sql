-- Every key there is would be all of the past, which is not judged again.
SELECT
    substr(key, 6) AS key,
    count(*) AS rows
FROM backbeat.changed_keys(%(stream)s, %(after)s, %(upto)s) AS key
WHERE split_part(key, ':', 1) = ANY (%(kinds)b::text [])
GROUP BY 1
