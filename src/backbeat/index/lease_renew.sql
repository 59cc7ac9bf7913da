UPDATE backbeat.leases
SET expires_at = clock_timestamp() + make_interval(secs => %(seconds)s), seconds = %(seconds)s
WHERE name = %(name)s AND holder = %(holder)s AND term = %(term)s
RETURNING term
