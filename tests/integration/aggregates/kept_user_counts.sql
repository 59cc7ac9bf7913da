SELECT user_id AS id, counter, count
FROM aggregate_user
CROSS JOIN LATERAL (
    VALUES
        ('following_count', following_count),
        ('follower_count', follower_count),
        ('repost_count', repost_count),
        ('track_save_count', track_save_count),
        ('track_share_count', track_share_count),
        ('track_count', track_count),
        ('total_track_count', total_track_count),
        ('playlist_count', playlist_count),
        ('album_count', album_count),
        ('total_playlist_count', total_playlist_count),
        ('total_album_count', total_album_count)
) AS kept (counter, count)
WHERE count <> 0
