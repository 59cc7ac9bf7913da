-- A session that waits for its client, to say something or to listen, is not at work, whatever it is called; but within a
-- pipeline each statement has a beginning of its own, and one that began a moment ago tells that something moves.
SELECT
    pid,
    application_name
FROM pg_stat_activity
WHERE
    state = 'active'
    AND (
        coalesce(wait_event, '') NOT IN ('ClientRead', 'ClientWrite')
        OR state_change > clock_timestamp() - make_interval(secs => %(seconds)s)
    )
    AND (pid = ANY (%(pids)s::integer []) OR application_name = ANY (%(names)s::text []))
