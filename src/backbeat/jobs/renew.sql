UPDATE backbeat.jobs
SET lease_until = clock_timestamp() + make_interval(secs => %(lease_seconds)s), lease_seconds = %(lease_seconds)s
WHERE name = %(name)s AND term = %(term)s AND holder = %(holder)s
RETURNING term
