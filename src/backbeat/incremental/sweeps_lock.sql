SELECT
    name,
    after_key
FROM backbeat.rounds
WHERE name = ANY (%(names)s::text [])
ORDER BY name
FOR UPDATE
