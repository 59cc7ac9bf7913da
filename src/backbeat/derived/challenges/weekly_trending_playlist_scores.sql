-- Of the hundred best, who alone can win: a score moves somewhere every minute.
SELECT max(best.created_at) AS written_at
FROM (
    SELECT created_at
    FROM backbeat.playlist_scores()
    WHERE time_range = 'week'
    ORDER BY magnitude DESC, score DESC, playlist_id DESC
    LIMIT 100
) AS best
