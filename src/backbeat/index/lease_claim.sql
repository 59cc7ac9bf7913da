-- A lease that ends further ahead than its own length is from a clock that was ahead: it has ended.
INSERT INTO backbeat.leases AS held (name, holder, term, expires_at, seconds)
VALUES (%(name)s, %(holder)s, 1, clock_timestamp() + make_interval(secs => %(seconds)s), %(seconds)s)
ON CONFLICT (name) DO UPDATE
SET holder = excluded.holder, term = held.term + 1, expires_at = excluded.expires_at, seconds = excluded.seconds
WHERE
    held.expires_at < clock_timestamp()
    OR held.expires_at > clock_timestamp() + make_interval(secs => held.seconds)
RETURNING term
