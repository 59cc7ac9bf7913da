-- Who holds up the sessions that write blocks. One that does not wait itself comes first: those behind it end with it.
-- Asked only while a commit has taken for seconds, because pg_blocking_pids holds the server's lock tables for an instant.
SELECT
    blocking.pid,
    left(coalesce(session.application_name, ''), 64) AS application,
    coalesce(session.usename::text, '') AS "user",
    coalesce(session.state, '') AS state,
    extract(EPOCH FROM clock_timestamp() - session.state_change)::double precision AS state_seconds,
    coalesce(wanted.relation, '') AS relation,
    (count(*) OVER () - 1)::integer AS others
FROM pg_stat_activity AS waiting
CROSS JOIN LATERAL unnest(pg_blocking_pids(waiting.pid)) AS blocking (pid)
LEFT JOIN pg_stat_activity AS session ON session.pid = blocking.pid
LEFT JOIN LATERAL (
    -- what is waited for; of a row, the table whose row is locked next
    SELECT
        CASE relation.relnamespace WHEN 'public'::regnamespace THEN '' ELSE relation.relnamespace::regnamespace || '.' END
        || relation.relname AS relation
    FROM pg_locks AS lock
    JOIN pg_class AS relation ON relation.oid = lock.relation
    WHERE
        lock.pid = waiting.pid
        AND (NOT lock.granted OR lock.locktype = 'tuple')
    ORDER BY lock.granted
    LIMIT 1
) AS wanted ON true
WHERE
    waiting.datname = current_database()
    AND waiting.usename = current_user
    AND waiting.application_name LIKE %(sessions)s
    AND waiting.wait_event_type = 'Lock'
ORDER BY (session.wait_event_type = 'Lock') IS TRUE, session.xact_start NULLS FIRST, blocking.pid
LIMIT 1
