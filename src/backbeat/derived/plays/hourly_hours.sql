-- The next hours that have plays.
WITH RECURSIVE walked AS (
    SELECT
        date_trunc('hour', (
            SELECT min(play.created_at) FROM plays AS play
            WHERE play.created_at >= date_trunc('hour', %(after)s::timestamp) + interval '1 hour'
        )) AS key,
        1 AS number
    UNION ALL
    SELECT
        date_trunc('hour', (
            SELECT min(play.created_at) FROM plays AS play WHERE play.created_at >= walked.key + interval '1 hour'
        )),
        walked.number + 1
    FROM walked
    WHERE walked.key IS NOT NULL AND walked.number < %(keys_max)s::integer
)
SELECT walked.key FROM walked
