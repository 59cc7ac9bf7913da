-- A process that says that it is there also removes those that are not: silent for long, from a clock that was ahead, too many.
WITH gone AS (
    DELETE FROM backbeat.processes
    WHERE
        id <> %(id)s
        AND (
            seen_at < clock_timestamp() - make_interval(secs => %(removed_seconds)s)
            OR seen_at > clock_timestamp() + interval '1 minute'
            OR id IN (SELECT id FROM backbeat.processes ORDER BY seen_at DESC, id OFFSET %(processes_max)s)
        )
)
INSERT INTO backbeat.processes (id, host, pid, version, parts, state, started_at, seen_at, reached_at)
VALUES (
    %(id)s, %(host)s, %(pid)s, %(version)s, %(parts)s, %(state)s,
    clock_timestamp() - make_interval(secs => %(up_seconds)s), clock_timestamp(),
    clock_timestamp() - make_interval(secs => %(reached_seconds)s)
)
ON CONFLICT (id) DO UPDATE
SET
    state = excluded.state,
    started_at = excluded.started_at,
    seen_at = excluded.seen_at,
    reached_at = excluded.reached_at
