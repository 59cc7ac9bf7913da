-- What is waited for.
UPDATE backbeat.delist_progress AS kept
SET waits_for = %(waits_for)s, waits_until = %(waits_until)s
WHERE kept.entity = %(entity)s::delist_entity
    AND (kept.waits_for, kept.waits_until) IS DISTINCT FROM (%(waits_for)s::integer, %(waits_until)s::timestamptz)
