-- The columns of tables, and what each table weighs. "needs_value": a row without it is refused.
SELECT
    class.relname::text AS table_name,
    attribute.attname::text AS name,
    format_type(attribute.atttypid, attribute.atttypmod) AS type,
    attribute.attnotnull AND NOT attribute.atthasdef AND attribute.attidentity = '' AS needs_value,
    greatest(class.reltuples, 0)::bigint AS table_rows,
    pg_table_size(class.oid) AS table_bytes,
    coalesce(class.reloptions, '{}') AS storage
FROM pg_class AS class
JOIN pg_attribute AS attribute ON attribute.attrelid = class.oid
WHERE
    class.relnamespace = 'public'::regnamespace
    AND class.relkind IN ('r', 'p')
    AND class.relname = ANY (%(tables)s::text[])
    AND attribute.attnum > 0
    AND NOT attribute.attisdropped
ORDER BY class.relname, attribute.attnum
