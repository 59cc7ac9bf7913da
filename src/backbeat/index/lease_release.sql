UPDATE backbeat.leases
SET expires_at = '-infinity'
WHERE name = %(name)s AND holder = %(holder)s AND term = %(term)s
