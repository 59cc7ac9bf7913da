SELECT pg_terminate_backend(pid)
FROM pg_stat_activity
WHERE
    usename = current_user
    AND application_name LIKE 'backbeat/%%'
    AND (pid = ANY (%(pids)s::integer []) OR application_name = ANY (%(names)s::text []))
