-- As of the last ANALYZE; none if there was none, and then nothing is too many.
SELECT reltuples::bigint
FROM pg_class
WHERE
    oid = to_regclass((SELECT string_agg(quote_ident(part), '.') FROM unnest(%(name)s::text []) AS part))
    AND reltuples >= 0
