UPDATE indexing_checkpoints AS kept
SET
    last_checkpoint = greatest(kept.last_checkpoint, reached.last_checkpoint),
    signature = coalesce(%(signature)s::text, kept.signature)
FROM {reached} AS reached (tablename, last_checkpoint)
WHERE kept.tablename = reached.tablename
