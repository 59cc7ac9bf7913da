INSERT INTO backbeat.jobs (name, cadence_at, next_run_at)
SELECT
    name,
    clock_timestamp(),
    clock_timestamp()
FROM unnest(%(names)s::text []) AS job (name)
ORDER BY name
ON CONFLICT (name) DO NOTHING
