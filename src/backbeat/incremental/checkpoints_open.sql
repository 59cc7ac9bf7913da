INSERT INTO indexing_checkpoints (tablename, last_checkpoint)
SELECT
    tablename,
    last_checkpoint
FROM unnest(%(names)s::text [], %(positions)s::bigint []) AS missing (tablename, last_checkpoint)
ON CONFLICT (tablename) DO NOTHING
