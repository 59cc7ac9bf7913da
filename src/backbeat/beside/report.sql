-- What the frontier waits for, since when it is the same; nothing is written where nothing changed.
UPDATE backbeat.beside
SET waits_for = %(waits_for)s, waits_since = %(waits_since)s
WHERE (waits_for, waits_since) IS DISTINCT FROM (%(waits_for)s::text, %(waits_since)s::timestamptz)
