SELECT DISTINCT
    session.pid,
    coalesce(nullif(session.application_name, ''), 'without a name') AS application,
    coalesce(session.state, '') AS state,
    class.relname::text AS table_name,
    session.xact_start AS since
FROM pg_locks AS held
JOIN pg_class AS class ON class.oid = held.relation
JOIN pg_stat_activity AS session ON session.pid = held.pid
WHERE
    held.granted
    AND held.locktype = 'relation'
    AND held.database = (SELECT oid FROM pg_database WHERE datname = current_database())
    AND class.relnamespace = 'public'::regnamespace
    AND class.relname = ANY (%(tables)s::text[])
    AND held.pid <> pg_backend_pid()
ORDER BY since, session.pid
LIMIT 10
