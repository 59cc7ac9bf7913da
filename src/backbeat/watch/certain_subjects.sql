-- Which of these subjects has differences that are certain
SELECT asked.subject
FROM unnest(%(subjects)s::text []) AS asked (subject)
WHERE EXISTS (
    SELECT FROM backbeat.watch_differences AS kept WHERE kept.subject = asked.subject AND kept.is_certain
)
