-- A session that waits for its client is not at work, whatever it is called.
SELECT
    pid,
    application_name
FROM pg_stat_activity
WHERE
    state = 'active'
    AND wait_event IS DISTINCT FROM 'ClientRead'
    AND (pid = ANY (%(pids)s::integer []) OR application_name = ANY (%(names)s::text []))
