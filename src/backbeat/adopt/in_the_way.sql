-- Who holds a lock on one of some tables that a wanted one conflicts with: the first of each, by when their transactions began.
-- Tables of other schemas than the network's are named with theirs. A prepared transaction has no process.
SELECT DISTINCT ON (session.xact_start, held.virtualtransaction)
    coalesce(held.pid, 0) AS pid,
    left(coalesce(session.application_name, ''), 64) AS application,
    coalesce(session.usename::text, '') AS "user",
    coalesce(session.state, '') AS state,
    extract(EPOCH FROM clock_timestamp() - session.state_change)::double precision AS state_seconds,
    session.xact_start AS since,
    class.relation
FROM pg_locks AS held
JOIN (
    SELECT
        oid,
        CASE relnamespace WHEN 'public'::regnamespace THEN '' ELSE relnamespace::regnamespace || '.' END || relname AS relation
    FROM pg_class
) AS class ON class.oid = held.relation
LEFT JOIN pg_stat_activity AS session ON session.pid = held.pid
WHERE
    held.granted
    AND held.locktype = 'relation'
    AND held.mode = ANY (%(modes)s::text[])
    AND held.database = (SELECT oid FROM pg_database WHERE datname = current_database())
    AND class.relation = ANY (%(tables)s::text[])
    AND held.pid IS DISTINCT FROM pg_backend_pid()
ORDER BY session.xact_start NULLS FIRST, held.virtualtransaction, class.relation
LIMIT 10
