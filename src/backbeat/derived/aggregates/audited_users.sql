-- Users have a row of counts, and so has who is not known but counted.
SELECT counted.*
FROM {counted} AS counted
WHERE
    EXISTS (SELECT FROM users AS known WHERE known.user_id = counted.user_id)
    OR greatest(
        counted.follower_count, counted.following_count, counted.repost_count, counted.track_save_count,
        counted.track_share_count, counted.total_track_count, counted.total_playlist_count, counted.total_album_count
    ) > 0
