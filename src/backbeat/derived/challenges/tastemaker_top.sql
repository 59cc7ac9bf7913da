SELECT track_id
FROM backbeat.trending_week_tracks
ORDER BY magnitude DESC, score DESC, track_id DESC
LIMIT 10
