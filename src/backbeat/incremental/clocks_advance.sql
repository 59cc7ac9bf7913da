UPDATE backbeat.clocks AS kept
SET
    reached_at = greatest(kept.reached_at, reached.reached_at),
    signature = coalesce(%(signature)s::text, kept.signature),
    updated_at = clock_timestamp()
FROM {reached} AS reached (name, reached_at)
WHERE kept.name = reached.name
