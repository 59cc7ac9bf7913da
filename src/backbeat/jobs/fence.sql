SELECT term
FROM backbeat.jobs
WHERE name = %(name)s AND term = %(term)s AND holder IS NOT NULL
FOR SHARE
