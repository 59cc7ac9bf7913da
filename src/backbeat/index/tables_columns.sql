-- "sequence" is what the column's default asks, owned by it or not.
SELECT
    asked_for.name,
    attribute.attname,
    format_type(attribute.atttypid, NULL) AS type,
    coalesce(
        pg_get_serial_sequence(class.oid::regclass::text, attribute.attname),
        (
            SELECT asked.oid::regclass::text
            FROM pg_attrdef AS default_value
            JOIN pg_depend AS uses
                ON uses.classid = 'pg_attrdef'::regclass AND uses.objid = default_value.oid
                AND uses.refclassid = 'pg_class'::regclass
            JOIN pg_class AS asked ON asked.oid = uses.refobjid AND asked.relkind = 'S'
            WHERE default_value.adrelid = class.oid AND default_value.adnum = attribute.attnum
            LIMIT 1
        )
    ) AS sequence
FROM pg_attribute AS attribute
JOIN pg_class AS class ON class.oid = attribute.attrelid
JOIN unnest(%(tables)s::text[]) AS asked_for (name) ON to_regclass(asked_for.name) = class.oid
WHERE attribute.attnum > 0
  AND NOT attribute.attisdropped
