SELECT max(created_at) AS written_at
FROM track_trending_scores
WHERE type = 'TRACKS' AND version = 'pnagD' AND time_range = 'week'
