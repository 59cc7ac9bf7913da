WITH named AS (
    SELECT oid, xmin::text = pg_current_xact_id()::xid::text AS is_made
    FROM pg_proc
    WHERE pronamespace = 'backbeat'::regnamespace AND proname = ANY (%(names)s)
)
SELECT format('DROP FUNCTION %%s CASCADE', oid::regprocedure) -- and with it its triggers
FROM named
WHERE NOT is_made
UNION ALL
SELECT format('DROP TRIGGER %%I ON %%s', set_off.tgname, set_off.tgrelid::regclass)
FROM named
JOIN pg_trigger AS set_off ON set_off.tgfoid = named.oid
WHERE named.is_made AND set_off.xmin::text <> pg_current_xact_id()::xid::text
