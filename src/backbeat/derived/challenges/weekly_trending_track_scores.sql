-- Of the hundred best, who alone can win: a score moves somewhere every minute.
SELECT max(best.created_at) AS written_at
FROM (
    SELECT created_at
    FROM track_trending_scores
    WHERE type = 'TRACKS' AND version = 'pnagD' AND time_range = 'week'
    ORDER BY magnitude DESC, score DESC, track_id DESC
    LIMIT 100
) AS best
