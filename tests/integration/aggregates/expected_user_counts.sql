SELECT follower_user_id AS id, 'following_count' AS counter, count(*) AS count
FROM follows WHERE is_current AND NOT is_delete GROUP BY 1
UNION ALL
SELECT followee_user_id, 'follower_count', count(*)
FROM follows WHERE is_current AND NOT is_delete GROUP BY 1
UNION ALL
SELECT user_id, 'repost_count', count(*)
FROM reposts WHERE is_current AND NOT is_delete GROUP BY 1
UNION ALL
SELECT user_id, 'track_save_count', count(*)
FROM saves WHERE save_type = 'track' AND is_current AND NOT is_delete GROUP BY 1
UNION ALL
SELECT user_id, 'track_share_count', count(*)
FROM shares WHERE share_type = 'track' GROUP BY 1
UNION ALL
SELECT owner_id, 'total_track_count', count(*)
FROM tracks
WHERE is_current AND NOT is_delete AND is_available AND stem_of IS NULL AND access_authorities IS NULL
GROUP BY 1
UNION ALL
SELECT owner_id, 'track_count', count(*)
FROM tracks
WHERE is_current AND NOT is_delete AND NOT is_unlisted AND is_available AND stem_of IS NULL
    AND access_authorities IS NULL
GROUP BY 1
UNION ALL
SELECT playlist_owner_id, CASE WHEN is_album THEN 'total_album_count' ELSE 'total_playlist_count' END, count(*)
FROM playlists WHERE is_current AND NOT is_delete GROUP BY 1, 2
UNION ALL
SELECT playlist_owner_id, CASE WHEN is_album THEN 'album_count' ELSE 'playlist_count' END, count(*)
FROM playlists WHERE is_current AND NOT is_delete AND NOT is_private GROUP BY 1, 2
