-- Of the hundred best, who alone can win: a score moves somewhere every minute.
SELECT max(best.created_at) AS written_at
FROM (
    SELECT created_at
    FROM backbeat.week_track_scores()
    ORDER BY magnitude DESC, score DESC, track_id DESC
    LIMIT 100
) AS best
