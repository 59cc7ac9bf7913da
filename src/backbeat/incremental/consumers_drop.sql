DELETE FROM backbeat.consumers
WHERE name = %(name)s::text
