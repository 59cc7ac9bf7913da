UPDATE backbeat.jobs
SET cancel_requested = true
WHERE name = %(name)s AND holder IS NOT NULL AND lease_until > clock_timestamp()
RETURNING name
