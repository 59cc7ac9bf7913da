-- A sweep that is set back begins again.
UPDATE backbeat.rounds AS kept
SET
    after_key = reached.after_key,
    started_at = CASE WHEN reached.after_key < kept.after_key THEN statement_timestamp() ELSE kept.started_at END
FROM {reached} AS reached (name, after_key)
WHERE kept.name = reached.name
