INSERT INTO backbeat.rounds AS kept (name, started_at, after_key)
VALUES (%(name)s, %(started_at)s, %(upto)s)
ON CONFLICT (name) DO UPDATE
SET started_at = excluded.started_at, after_key = excluded.after_key
WHERE kept.started_at = %(began_at)s AND kept.after_key = %(after)s
