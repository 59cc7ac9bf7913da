-- A session that waits for its client, to say something or to listen, is not at work, whatever it is called.
SELECT
    pid,
    application_name
FROM pg_stat_activity
WHERE
    state = 'active'
    AND coalesce(wait_event, '') NOT IN ('ClientRead', 'ClientWrite')
    AND (pid = ANY (%(pids)s::integer []) OR application_name = ANY (%(names)s::text []))
