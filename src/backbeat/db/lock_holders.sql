-- Who keeps sessions of ours from locks that they wait for: the session "pid", or all that are called as "sessions" says. One that
-- does not wait itself comes first, since those behind it end with it, and of these the one that began first.
-- Only for sessions that wait, because pg_blocking_pids holds the server's lock tables for an instant. Others' roles may hide what
-- they do.
SELECT
    blocking.pid,
    left(coalesce(session.application_name, ''), 64) AS application,
    coalesce(session.usename::text, '') AS "user",
    coalesce(session.state, '') AS state,
    extract(EPOCH FROM clock_timestamp() - session.state_change)::double precision AS state_seconds,
    session.xact_start AS since,
    coalesce(wanted.relation, '') AS relation,
    (count(*) OVER () - 1)::integer AS others,
    quote_ident(current_user) AS our_role
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
    AND (waiting.pid = %(pid)s::integer OR waiting.application_name LIKE %(sessions)s::text)
    AND waiting.wait_event_type = 'Lock'
ORDER BY (session.wait_event_type = 'Lock') IS TRUE, session.xact_start NULLS FIRST, blocking.pid
LIMIT 1
