INSERT INTO backbeat.verification AS kept (next_at)
VALUES (statement_timestamp() + make_interval(secs => %(seconds)s::double precision))
ON CONFLICT (singleton) DO UPDATE SET next_at = excluded.next_at
