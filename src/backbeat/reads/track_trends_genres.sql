SELECT DISTINCT genre
FROM track_trending_scores
WHERE genre IS NOT NULL AND genre <> ''
ORDER BY genre
LIMIT %(limit)s
