-- Columns that must have a value and do not get one by themselves.
SELECT asked_for.name AS table, attribute.attname AS column
FROM unnest(%(tables)s::text []) AS asked_for (name)
JOIN pg_attribute AS attribute ON attribute.attrelid = to_regclass(asked_for.name)
WHERE
    attribute.attnum > 0
    AND attribute.attnotnull
    AND NOT attribute.attisdropped
    AND NOT attribute.atthasdef
    AND attribute.attidentity = ''
ORDER BY asked_for.name, attribute.attnum
