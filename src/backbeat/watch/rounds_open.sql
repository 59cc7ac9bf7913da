INSERT INTO backbeat.watch_rounds (subject, way)
SELECT asked.subject, asked.way
FROM unnest(%(subjects)s::text [], %(ways)s::text []) AS asked (subject, way)
ON CONFLICT DO NOTHING
