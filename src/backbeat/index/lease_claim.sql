INSERT INTO backbeat.leases AS held (name, holder, term, expires_at)
VALUES (%(name)s, %(holder)s, 1, clock_timestamp() + make_interval(secs => %(seconds)s))
ON CONFLICT (name) DO UPDATE
SET holder = excluded.holder, term = held.term + 1, expires_at = excluded.expires_at
WHERE held.expires_at < clock_timestamp()
RETURNING term
