-- Every sequence that a table's column takes its values from stands at the column's highest value at least. A table of
-- others that takes numbers from one of ours to keep, and is not ours to read, is left out.
DO $$
DECLARE
    taken record;
    highest bigint;
BEGIN
    FOR taken IN
        SELECT class.oid::regclass AS filled, attribute.attname AS name, sequence.oid::regclass AS sequence
        FROM pg_class AS class
        JOIN pg_attribute AS attribute ON attribute.attrelid = class.oid AND attribute.attnum > 0
        LEFT JOIN pg_attrdef AS given ON given.adrelid = class.oid AND given.adnum = attribute.attnum
        JOIN pg_depend AS link
            ON (
                link.classid = 'pg_attrdef'::regclass AND link.objid = given.oid
                AND link.refclassid = 'pg_class'::regclass
                OR link.classid = 'pg_class'::regclass AND link.refclassid = 'pg_class'::regclass
                AND link.refobjid = class.oid AND link.refobjsubid = attribute.attnum
            )
        JOIN pg_class AS sequence
            ON sequence.relkind = 'S' AND sequence.oid IN (link.objid, link.refobjid)
        WHERE class.relnamespace = 'public'::regnamespace AND class.relkind = 'r' AND NOT attribute.attisdropped
            AND attribute.atttypid IN ('smallint'::regtype, 'integer'::regtype, 'bigint'::regtype)
            AND pg_has_role(sequence.relowner, 'USAGE')
            AND has_column_privilege(class.oid, attribute.attnum, 'SELECT')
        GROUP BY 1, 2, 3
    LOOP
        EXECUTE format('SELECT max(%I) FROM %s', taken.name, taken.filled) INTO highest;
        IF highest > coalesce(pg_sequence_last_value(taken.sequence), 0) THEN
            PERFORM setval(taken.sequence, highest);
        END IF;
    END LOOP;
END
$$
