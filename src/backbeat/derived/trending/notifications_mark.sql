-- Answers nothing if another worker told of that hour meanwhile.
INSERT INTO backbeat.clocks AS kept (name, reached_at)
VALUES (%(name)s::text, %(hour)s::timestamp::timestamptz)
ON CONFLICT (name) DO UPDATE SET reached_at = excluded.reached_at, updated_at = clock_timestamp()
WHERE kept.reached_at < excluded.reached_at
RETURNING name
