SELECT count(*) AS kept
FROM (
    SELECT
    FROM backbeat.watch_differences
    WHERE subject = %(subject)s::text
    LIMIT %(limit)s::integer
) AS bounded
