INSERT INTO backbeat.clocks (name, reached_at)
SELECT
    name,
    reached_at
FROM unnest(%(names)s::text [], %(positions)s::timestamptz []) AS missing (name, reached_at)
ON CONFLICT (name) DO NOTHING
