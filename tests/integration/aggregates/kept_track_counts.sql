SELECT track_id AS id, counter, count
FROM aggregate_track
CROSS JOIN LATERAL (
    VALUES
        ('save_count', save_count),
        ('repost_count', repost_count),
        ('comment_count', comment_count),
        ('share_count', share_count)
) AS kept (counter, count)
WHERE count <> 0
