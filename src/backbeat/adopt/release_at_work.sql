SELECT DISTINCT application_name::text
FROM pg_stat_activity
WHERE
    datname = current_database()
    AND application_name LIKE 'backbeat/%'
    AND application_name NOT IN ('backbeat/adopt', 'backbeat/cli')
    AND pid <> pg_backend_pid()
ORDER BY application_name
