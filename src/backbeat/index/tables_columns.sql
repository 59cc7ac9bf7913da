SELECT class.relname, attribute.attname, format_type(attribute.atttypid, NULL) AS type
FROM pg_attribute AS attribute
JOIN pg_class AS class ON class.oid = attribute.attrelid
WHERE class.oid = ANY (SELECT to_regclass(name) FROM unnest(%(tables)s::text[]) AS name)
  AND attribute.attnum > 0
  AND NOT attribute.attisdropped
