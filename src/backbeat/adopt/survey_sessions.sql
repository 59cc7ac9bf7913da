-- Other sessions of this database, who may be writing to it.
SELECT
    pid,
    coalesce(nullif(application_name, ''), 'without a name') AS application,
    coalesce(usename::text, '') AS role,
    coalesce(state, '') AS state,
    xact_start AS since
FROM pg_stat_activity
WHERE
    datname = current_database()
    AND backend_type = 'client backend'
    AND pid <> pg_backend_pid()
ORDER BY application, pid
