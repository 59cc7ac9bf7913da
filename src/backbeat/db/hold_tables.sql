-- All tables whose triggers may be replaced, at a moment when nobody writes to any of them: we wait for none while we hold
-- another. If there is no such moment, they are taken one by one, as the objects come.
DO $$
DECLARE
    tables text;
BEGIN
    SELECT string_agg(DISTINCT set_off.tgrelid::regclass::text, ', ')
    INTO tables
    FROM pg_trigger AS set_off
    JOIN pg_proc AS called ON called.oid = set_off.tgfoid
    JOIN pg_class AS written ON written.oid = set_off.tgrelid
    WHERE
        NOT set_off.tgisinternal
        AND called.pronamespace = 'backbeat'::regnamespace
        AND written.relkind IN ('r', 'p');
    FOR attempt IN 1..1000 LOOP
        EXIT WHEN tables IS NULL;
        BEGIN
            EXECUTE 'LOCK TABLE ' || tables || ' IN SHARE ROW EXCLUSIVE MODE NOWAIT';
            EXIT;
        EXCEPTION WHEN lock_not_available THEN -- and those that were taken are let go
            PERFORM pg_sleep(0.002 + random() * 0.01);
        END;
    END LOOP;
END
$$;
