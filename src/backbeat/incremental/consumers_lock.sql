SELECT
    name,
    snapshot::text
FROM backbeat.consumers
WHERE name = ANY (%(names)s::text [])
ORDER BY name
FOR UPDATE
