-- The unique indexes that can be used, as the columns that they are over and whether they are over a part of the rows alone.
SELECT
    asked_for.name AS table,
    ARRAY(
        SELECT attribute.attname::text
        FROM pg_attribute AS attribute
        WHERE attribute.attrelid = made.indrelid AND attribute.attnum = ANY (made.indkey)
        ORDER BY attribute.attname
    ) AS columns,
    made.indpred IS NOT NULL AS is_partial
FROM unnest(%(tables)s::text []) AS asked_for (name)
JOIN pg_index AS made ON made.indrelid = to_regclass(asked_for.name)
WHERE made.indisunique AND made.indisvalid AND made.indimmediate AND made.indexprs IS NULL
