-- What is not as those who write a table know it: columns that it lacks; columns that must have a value and get none, by themselves
-- or of them; a unique index over the columns of the key, which of a table with versions may be over a part of the rows alone.
WITH asked AS (
    SELECT
        known.*,
        to_regclass(known.name) AS relation
    FROM jsonb_to_recordset(%(tables)s::jsonb) AS known (
        name text, columns text [], written text [], key text [], is_versioned boolean
    )
),
attributes AS (
    SELECT
        asked.name,
        attribute.attname::text AS attribute,
        attribute.attnotnull AND NOT attribute.atthasdef AND attribute.attidentity = '' AS needs_value
    FROM (SELECT DISTINCT name, relation FROM asked) AS asked
    JOIN pg_attribute AS attribute ON attribute.attrelid = asked.relation
    WHERE attribute.attnum > 0 AND NOT attribute.attisdropped
),
faults AS (
    SELECT
        1 AS rank,
        'columns_missing' AS code,
        asked.name,
        array_agg(wanted.name ORDER BY wanted.name) AS columns,
        asked.is_versioned
    FROM asked
    CROSS JOIN unnest(asked.columns) AS wanted (name)
    LEFT JOIN attributes ON attributes.name = asked.name AND attributes.attribute = wanted.name
    WHERE attributes.attribute IS NULL
    GROUP BY asked.name, asked.is_versioned
    UNION ALL
    SELECT
        2,
        'column_not_written',
        asked.name,
        array_agg(DISTINCT attributes.attribute),
        asked.is_versioned
    FROM asked
    JOIN attributes ON attributes.name = asked.name AND attributes.needs_value
    WHERE attributes.attribute <> ALL (asked.written)
    GROUP BY asked.name, asked.is_versioned
    UNION ALL
    SELECT
        3,
        'key_missing',
        asked.name,
        asked.key,
        asked.is_versioned
    FROM asked
    WHERE
        asked.written IS NOT NULL
        AND NOT EXISTS (
            SELECT FROM pg_index AS made
            WHERE
                made.indrelid = asked.relation
                AND made.indisunique AND made.indisvalid AND made.indimmediate AND made.indexprs IS NULL
                AND (asked.is_versioned OR made.indpred IS NULL)
                AND asked.key = ARRAY(
                    SELECT attribute.attname::text
                    FROM pg_attribute AS attribute
                    WHERE attribute.attrelid = made.indrelid AND attribute.attnum = ANY (made.indkey)
                    ORDER BY attribute.attname::text COLLATE "C"
                )
        )
)

SELECT code, name AS table, columns, is_versioned
FROM faults
ORDER BY rank, name
