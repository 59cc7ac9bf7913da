UPDATE backbeat.consumers AS kept
SET
    snapshot = reached.snapshot,
    epoch = backbeat.epoch(),
    signature = coalesce(%(signature)s::text, kept.signature),
    updated_at = clock_timestamp()
FROM {reached} AS reached (name, snapshot)
WHERE kept.name = reached.name
