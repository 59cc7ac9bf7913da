SELECT
    name,
    reached_at
FROM backbeat.clocks
WHERE name = ANY (%(names)s::text [])
ORDER BY name
FOR UPDATE
