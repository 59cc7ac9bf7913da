-- The indexes of tables. "columns" are those of the key, NULL where one is an expression.
SELECT
    class.relname::text AS table_name,
    named.relname::text AS name,
    pg_get_indexdef(index.indexrelid) AS statement,
    index.indisprimary AS is_primary,
    index.indisvalid AND index.indisready AS is_valid,
    EXISTS (
        SELECT FROM pg_stat_progress_create_index AS build WHERE build.index_relid = index.indexrelid
    ) AS is_building,
    (
        SELECT conname::text
        FROM pg_constraint
        WHERE pg_constraint.conindid = index.indexrelid AND contype IN ('p', 'u', 'x')
        LIMIT 1
    ) AS constraint_name,
    ARRAY(
        SELECT attribute.attname::text
        FROM unnest(index.indkey::smallint[]) WITH ORDINALITY AS key (attnum, place)
        LEFT JOIN pg_attribute AS attribute ON attribute.attrelid = index.indrelid AND attribute.attnum = key.attnum
        WHERE key.place <= index.indnkeyatts
        ORDER BY key.place
    ) AS columns
FROM pg_index AS index
JOIN pg_class AS class ON class.oid = index.indrelid
JOIN pg_class AS named ON named.oid = index.indexrelid
WHERE
    class.relnamespace = 'public'::regnamespace
    AND class.relkind IN ('r', 'p')
    AND class.relname = ANY (%(tables)s::text[])
ORDER BY class.relname, named.relname
