-- Triggers that others put on tables of the network, and what their functions do by the words of their bodies. With "counting"
-- only those for each row that are enabled: of ours hardly any are, so that costs little.
SELECT
    class.relname AS table,
    set_on.tgname AS name,
    routine.proname AS function,
    set_on.tgenabled IN ('O', 'A') AS is_enabled,
    CASE
        WHEN routine.prosrc ~* '\m(insert\s+into|update|delete\s+from)\s+(only\s+)?("?public"?\.)?"?aggregate_' THEN 'counts'
        WHEN routine.prosrc ~* '\m(pg_notify|notify)\M' THEN 'notifies'
        ELSE 'other'
    END AS harm
FROM pg_trigger AS set_on
JOIN pg_class AS class ON class.oid = set_on.tgrelid
JOIN pg_proc AS routine ON routine.oid = set_on.tgfoid
WHERE
    NOT set_on.tgisinternal
    AND (NOT %(counting)s::boolean OR (set_on.tgtype & 1 = 1 AND set_on.tgenabled IN ('O', 'A')))
    AND class.relnamespace IS DISTINCT FROM to_regnamespace('backbeat')::oid
    AND class.relname = ANY (%(tables)s::text [])
    AND pg_table_is_visible(class.oid)
    AND routine.pronamespace IS DISTINCT FROM to_regnamespace('backbeat')::oid
ORDER BY class.relname, set_on.tgname
