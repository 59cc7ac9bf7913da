SELECT cancel_requested
FROM backbeat.jobs
WHERE name = %(name)s AND term = %(term)s
