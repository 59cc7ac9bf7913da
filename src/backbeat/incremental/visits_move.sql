-- A range more. False where another session has moved it meanwhile.
INSERT INTO backbeat.audits AS kept (
    audit, purpose, started_at, moved_at, ended_at, after_key, found, last_found, last_ended_at
)
VALUES (
    %(audit)s, %(purpose)s, %(started_at)s, %(moved_at)s, %(ended_at)s, %(after_key)s, %(found)s, %(last_found)s,
    %(last_ended_at)s
)
ON CONFLICT (audit, purpose) DO UPDATE
SET
    started_at = excluded.started_at,
    moved_at = excluded.moved_at,
    ended_at = excluded.ended_at,
    after_key = excluded.after_key,
    found = excluded.found,
    last_found = excluded.last_found,
    last_ended_at = excluded.last_ended_at
WHERE kept.moved_at = %(seen_at)s
