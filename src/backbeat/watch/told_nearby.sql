-- Which of these users heard the like within an hour
SELECT DISTINCT asked.n::integer AS n
FROM unnest(
    %(users)s::integer [], %(types)s::text [], %(instants)s::timestamp []
) WITH ORDINALITY AS asked (user_id, type, at, n)
JOIN notification AS told
    ON told.user_ids @> ARRAY[asked.user_id] AND told.type = asked.type
    AND told.timestamp BETWEEN asked.at - interval '1 hour' AND asked.at + interval '1 hour'
