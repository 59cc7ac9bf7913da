-- Every sequence that a table of ours asks for its ids goes on behind the ids that are there: rows whose ids were given
-- left theirs behind, and who inserts through the default then meets an id that is taken.
DO $$
DECLARE
    asked record;
    last_id bigint;
BEGIN
    FOR asked IN
        SELECT class.oid::regclass AS owner, attribute.attname AS name,
            pg_get_serial_sequence(class.oid::regclass::text, attribute.attname)::regclass AS sequence
        FROM pg_class AS class
        JOIN pg_attribute AS attribute ON attribute.attrelid = class.oid AND attribute.attnum > 0
        WHERE class.relkind IN ('r', 'p') AND NOT attribute.attisdropped
            AND class.relnamespace IN ('public'::regnamespace, 'backbeat'::regnamespace)
            AND pg_get_serial_sequence(class.oid::regclass::text, attribute.attname) IS NOT NULL
    LOOP
        EXECUTE format('SELECT max(%I) FROM %s', asked.name, asked.owner) INTO last_id;
        IF last_id > coalesce(pg_sequence_last_value(asked.sequence), 0) THEN
            PERFORM setval(asked.sequence, last_id);
        END IF;
    END LOOP;
END $$;
