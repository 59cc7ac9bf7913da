SELECT
    host,
    pid,
    version,
    parts,
    state,
    started_at,
    reached_at,
    extract(EPOCH FROM clock_timestamp() - reached_at)::double precision AS reached_seconds,
    extract(EPOCH FROM clock_timestamp() - started_at)::double precision AS up_seconds,
    abs(extract(EPOCH FROM clock_timestamp() - seen_at))::double precision AS seen_seconds_ago
FROM backbeat.processes
ORDER BY started_at, id
LIMIT %(processes_max)s
