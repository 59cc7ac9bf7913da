-- A hash of the triggers that are enabled, of what they call, and of which texts of functions of others that is, with these
-- functions. Triggers of foreign keys are the server's own; what is ours is replaced by migrations only. A function that is replaced
-- has another xmin. The statement that moves the cursor makes the same, for the functions that it is told.
WITH enabled AS MATERIALIZED (
    SELECT oid, tgfoid
    FROM pg_trigger
    WHERE NOT tgisinternal AND tgenabled IN ('O', 'A')
),
called AS MATERIALIZED (
    SELECT routine.oid, routine.xmin
    FROM pg_proc AS routine
    WHERE
        routine.oid IN (SELECT tgfoid FROM enabled)
        AND routine.pronamespace IS DISTINCT FROM to_regnamespace('backbeat')::oid
)
SELECT
    (
        SELECT coalesce(bit_xor(hashint8extended((enabled.oid::bigint << 32) | enabled.tgfoid::bigint, 0)), 0)
        FROM enabled
    ) # (
        SELECT coalesce(bit_xor(hashint8extended(called.oid::bigint, called.xmin::text::bigint)), 0)
        FROM called
    ) AS triggers,
    (SELECT coalesce(array_agg(called.oid::bigint ORDER BY called.oid), '{}') FROM called) AS functions
