-- The columns of tables that are compared as far as both databases have them, and whether they are JSON.
SELECT
    given.name AS table_name,
    a.attname::text AS name,
    a.atttypid = 'json'::regtype AS is_json
FROM unnest(%(names)s::text []) AS given (name)
JOIN pg_attribute AS a ON a.attrelid = to_regclass(given.name) AND a.attnum > 0 AND NOT a.attisdropped
