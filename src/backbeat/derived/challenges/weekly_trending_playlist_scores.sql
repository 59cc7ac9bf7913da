SELECT max(created_at) AS written_at
FROM playlist_trending_scores
WHERE type = 'PLAYLISTS' AND version = 'pnagD' AND time_range = 'week'
