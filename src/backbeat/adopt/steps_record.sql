INSERT INTO backbeat.adoption_steps (name, seconds) VALUES (%(name)s, %(seconds)s)
ON CONFLICT (name) DO UPDATE SET seconds = excluded.seconds, done_at = excluded.done_at
