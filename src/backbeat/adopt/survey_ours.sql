-- What Backbeat keeps of itself here, looked up by name: none of it may be there.
SELECT
    to_regclass('backbeat.migrations') IS NOT NULL AS has_ledger,
    to_regclass('backbeat.adoption_steps') IS NOT NULL AS has_steps,
    to_regclass('backbeat.cursor') IS NOT NULL AS has_cursor,
    ARRAY(
        SELECT 'backbeat.' || relname FROM pg_class WHERE relnamespace = to_regnamespace('backbeat')
        UNION
        SELECT 'backbeat.' || typname FROM pg_type WHERE typnamespace = to_regnamespace('backbeat')
    ) AS names
