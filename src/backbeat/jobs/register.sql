INSERT INTO backbeat.jobs AS known (name, group_name, cadence_at, next_run_at)
SELECT
    job.name,
    job.group_name,
    present.at,
    present.at
FROM unnest(%(names)s::text [], %(groups)s::text []) AS job (name, group_name)
CROSS JOIN (SELECT clock_timestamp() AS at OFFSET 0) AS present -- once: all are due at the same instant
ORDER BY job.name
ON CONFLICT (name) DO UPDATE SET group_name = excluded.group_name
WHERE known.group_name <> excluded.group_name
