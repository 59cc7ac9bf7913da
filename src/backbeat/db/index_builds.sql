-- The index that a session of ours builds; its phases count blocks, rows or partitions, one after another.
SELECT
    build.phase,
    build.relid::regclass::text AS table_name,
    build.blocks_done,
    build.blocks_total,
    build.tuples_done,
    build.tuples_total
FROM pg_stat_progress_create_index AS build
JOIN pg_stat_activity AS activity ON activity.pid = build.pid
WHERE
    activity.application_name = %(application)s::text
    AND build.datname = current_database()
ORDER BY build.pid
LIMIT 1
