-- Every list that there is, or should be.
SELECT DISTINCT
    list.name,
    named.version,
    named.time_range,
    named.genre
FROM (
    SELECT
        version,
        time_range,
        coalesce(genre, '') AS genre
    FROM track_trending_scores
    WHERE type = 'TRACKS'
    GROUP BY 1, 2, 3
    UNION
    SELECT
        version,
        time_range,
        ''
    FROM track_trending_scores
    WHERE type = 'TRACKS'
    GROUP BY 1, 2
    UNION
    SELECT
        version,
        time_range,
        genre
    FROM backbeat.trending_leaders
    WHERE kind = 'TRACKS'
    GROUP BY 1, 2, 3
) AS named
CROSS JOIN (VALUES ('top'), ('underground')) AS list (name)
WHERE list.name = 'top' OR named.version = 'pnagD'
