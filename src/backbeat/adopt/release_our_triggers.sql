-- The statements that take our triggers off tables that are the network's.
SELECT format('DROP TRIGGER %I ON %s', set_off.tgname, set_off.tgrelid::regclass)
FROM pg_trigger AS set_off
JOIN pg_class AS class ON class.oid = set_off.tgrelid
JOIN pg_proc AS called ON called.oid = set_off.tgfoid
WHERE
    NOT set_off.tgisinternal
    AND class.relnamespace = 'public'::regnamespace
    AND called.pronamespace = 'backbeat'::regnamespace
ORDER BY class.relname, set_off.tgname
