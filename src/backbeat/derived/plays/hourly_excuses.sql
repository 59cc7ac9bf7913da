-- Hours before the oldest play, where plays went of which there is no sum.
SELECT
    kept.hourly_timestamp,
    'plays_lost' AS reason
FROM hourly_play_counts AS kept
CROSS JOIN backbeat.plays_gone AS gone
JOIN backbeat.pruned_plays AS noted ON noted.truncated_at IS NOT NULL OR noted.lost_hours > 0
WHERE
    kept.hourly_timestamp = ANY (%(keys)b::timestamp [])
    AND kept.hourly_timestamp < date_trunc('hour', coalesce(gone.oldest_at, 'infinity'))
