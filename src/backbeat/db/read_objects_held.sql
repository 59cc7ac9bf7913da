-- What the database holds, whatever the ledger says: functions, by digest, with the triggers that call them, and views.
WITH set_off AS (
    SELECT tgfoid, array_agg(tgname::text ORDER BY tgname) AS names
    FROM pg_trigger
    WHERE tgenabled IN ('O', 'A')
    GROUP BY tgfoid
)

SELECT 'function' AS kind, proname::text AS name, md5(prosrc) AS digest, coalesce(set_off.names, '{}') AS triggers
FROM pg_proc
LEFT JOIN set_off ON set_off.tgfoid = pg_proc.oid
WHERE pronamespace = to_regnamespace('backbeat')
UNION ALL
SELECT 'view', relname::text, '', '{}'
FROM pg_class
WHERE relnamespace IN (to_regnamespace('backbeat'), to_regnamespace('public')) AND relkind IN ('v', 'm')
