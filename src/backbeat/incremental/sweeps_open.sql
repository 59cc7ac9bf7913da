INSERT INTO backbeat.rounds (name, started_at, after_key)
SELECT
    name,
    statement_timestamp(),
    after_key
FROM unnest(%(names)s::text [], %(positions)s::bigint []) AS missing (name, after_key)
ON CONFLICT (name) DO NOTHING
