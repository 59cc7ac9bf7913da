-- What the database holds, whatever the ledger says: functions with their bodies and the triggers that call them, views.
SELECT
    'function' AS kind,
    routine.proname::text AS name,
    routine.prosrc AS body,
    ARRAY(
        SELECT set_off.tgname::text FROM pg_trigger AS set_off
        WHERE set_off.tgfoid = routine.oid AND set_off.tgenabled IN ('O', 'A')
        ORDER BY 1
    ) AS triggers
FROM pg_proc AS routine
WHERE routine.pronamespace = to_regnamespace('backbeat')
UNION ALL
SELECT 'view', relname::text, '', '{}'
FROM pg_class
WHERE relnamespace IN (to_regnamespace('backbeat'), to_regnamespace('public')) AND relkind IN ('v', 'm')
