UPDATE backbeat.jobs
SET
    deferred_since = clock_timestamp(),
    deferred_reason = %(reason)s
WHERE name = %(name)s AND term = %(seen_term)s AND deferred_since IS NULL
