-- The differences that were looked at longest ago, of one subject: soon again while they are new, seldom afterwards
WITH due AS (
    SELECT subject, key, looked_at
    FROM backbeat.watch_differences
    WHERE looked_at <= %(soon)s::timestamptz
        AND (looked_at <= %(seldom)s::timestamptz OR looks <= 3 AND NOT is_certain)
    ORDER BY looked_at, subject, key
    LIMIT %(limit)s::integer
)

SELECT kept.*
FROM due
JOIN backbeat.watch_differences AS kept ON kept.subject = due.subject AND kept.key = due.key
WHERE due.subject = (SELECT subject FROM due ORDER BY looked_at, subject, key LIMIT 1)
