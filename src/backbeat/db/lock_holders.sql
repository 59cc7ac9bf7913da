-- Who keeps a session from a lock that it waits for, the one that began first before the others. Others' roles may hide
-- what they do.
SELECT
    holder.pid,
    coalesce(nullif(session.application_name, ''), 'without a name') AS application,
    coalesce(session.state, '') AS state,
    session.xact_start AS since,
    coalesce((
        SELECT class.relname::text
        FROM pg_locks AS wanted
        JOIN pg_class AS class ON class.oid = wanted.relation
        WHERE wanted.pid = %(pid)s AND (NOT wanted.granted OR wanted.locktype = 'tuple')
        ORDER BY wanted.granted
        LIMIT 1
    ), '') AS table_name
FROM unnest(pg_blocking_pids(%(pid)s)) AS holder (pid)
LEFT JOIN pg_stat_activity AS session ON session.pid = holder.pid
ORDER BY session.xact_start NULLS LAST, holder.pid
LIMIT 10
