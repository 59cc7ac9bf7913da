SELECT term
FROM backbeat.leases
WHERE name = %(name)s AND holder = %(holder)s AND term = %(term)s
FOR SHARE
