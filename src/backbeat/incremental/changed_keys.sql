SELECT
    key,
    count(*) AS rows
FROM backbeat.changed_keys(%(stream)s, %(after)s, %(upto)s) AS key
GROUP BY key
