-- As of the last ANALYZE; none if there was none, and then nothing is too many.
SELECT reltuples::bigint
FROM pg_class
WHERE oid = to_regclass(quote_ident(%(table)s::text)) AND reltuples >= 0
