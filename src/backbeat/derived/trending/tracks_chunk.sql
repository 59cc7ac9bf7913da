-- The next tracks that have scores, or should.
SELECT coalesce(array_agg(track_id), '{}')
FROM (
    SELECT track_id
    FROM (
        (
            SELECT t.track_id
            FROM tracks AS t
            WHERE t.is_current AND t.track_id > %(after)s
            ORDER BY t.track_id
            LIMIT %(size)s
        )
        UNION
        (
            SELECT DISTINCT s.track_id
            FROM track_trending_scores AS s
            WHERE s.track_id > %(after)s
            ORDER BY s.track_id
            LIMIT %(size)s
        )
    ) AS either
    ORDER BY track_id
    LIMIT %(size)s
) AS chunk
