SELECT count(*)
FROM playlist_routes AS r
JOIN playlists AS p ON p.playlist_id = r.playlist_id
JOIN aggregate_user AS u ON u.user_id = p.playlist_owner_id
WHERE r.is_current AND p.is_current AND NOT p.is_delete AND NOT p.is_private AND u.follower_count >= 10
