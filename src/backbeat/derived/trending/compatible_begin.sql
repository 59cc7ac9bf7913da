-- Notes as of which instant the views are to be filled; all sessions read it from there.
INSERT INTO backbeat.clocks AS clock (name, reached_at)
VALUES (%(name)s, coalesce(%(now)s, statement_timestamp()))
ON CONFLICT (name) DO UPDATE SET reached_at = excluded.reached_at, updated_at = clock_timestamp()
RETURNING clock.reached_at
