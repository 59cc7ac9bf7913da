-- The keys of several streams, each in its own interval. A TRUNCATE names all keys.
SELECT
    asked.stream,
    coalesce(array_agg(DISTINCT key::integer) FILTER (WHERE key IS NOT NULL), '{}') AS keys,
    count(*) AS rows_read,
    bool_or(key IS NULL) AS is_everything
FROM unnest(%(streams)s::text [], %(afters)s::pg_snapshot [], %(uptos)s::pg_snapshot []) AS asked (stream, after, upto)
CROSS JOIN LATERAL backbeat.changed_keys(asked.stream, asked.after, asked.upto) AS key
GROUP BY asked.stream
