-- Ranks are told from the slot on that follows what another program has counted; of a database without one, from the first.
INSERT INTO indexing_checkpoints (tablename, last_checkpoint)
SELECT
    'supporter_rank_ups',
    coalesce(max(last_checkpoint), -1)
FROM indexing_checkpoints
WHERE tablename = 'aggregate_user_tips'
ON CONFLICT (tablename) DO NOTHING
