-- Who counts tips by their highest slot, as the network's own job, goes on from there.
INSERT INTO indexing_checkpoints AS kept (tablename, last_checkpoint)
SELECT
    'aggregate_user_tips',
    max(slot)
FROM backbeat.counted_tips
HAVING count(*) > 0
ON CONFLICT (tablename) DO UPDATE SET last_checkpoint = greatest(kept.last_checkpoint, excluded.last_checkpoint)
