INSERT INTO aggregate_user (
    user_id, follower_count, following_count, repost_count, track_save_count, track_count, total_track_count,
    playlist_count, album_count, total_playlist_count, total_album_count
)
SELECT
    u.user_id, coalesce(followers.n, 0), coalesce(following.n, 0), coalesce(reposted.n, 0), coalesce(saved.n, 0),
    coalesce(uploads.listed, 0), coalesce(uploads.n, 0), coalesce(lists.playlists, 0), coalesce(lists.albums, 0),
    coalesce(lists.all_playlists, 0), coalesce(lists.all_albums, 0)
FROM users AS u
LEFT JOIN (
    SELECT followee_user_id AS user_id, count(*) AS n FROM follows WHERE NOT is_delete GROUP BY 1
) AS followers USING (user_id)
LEFT JOIN (
    SELECT follower_user_id AS user_id, count(*) AS n FROM follows WHERE NOT is_delete GROUP BY 1
) AS following USING (user_id)
LEFT JOIN (SELECT user_id, count(*) AS n FROM reposts WHERE NOT is_delete GROUP BY 1) AS reposted USING (user_id)
LEFT JOIN (
    SELECT user_id, count(*) AS n FROM saves WHERE NOT is_delete AND save_type = 'track' GROUP BY 1
) AS saved USING (user_id)
LEFT JOIN (
    SELECT owner_id AS user_id, count(*) AS n, count(*) FILTER (WHERE NOT is_unlisted) AS listed
    FROM tracks
    WHERE NOT is_delete AND stem_of IS NULL
    GROUP BY 1
) AS uploads USING (user_id)
LEFT JOIN (
    SELECT
        playlist_owner_id AS user_id,
        count(*) FILTER (WHERE NOT is_album AND NOT is_private) AS playlists,
        count(*) FILTER (WHERE is_album AND NOT is_private) AS albums,
        count(*) FILTER (WHERE NOT is_album) AS all_playlists,
        count(*) FILTER (WHERE is_album) AS all_albums
    FROM playlists
    WHERE NOT is_delete
    GROUP BY 1
) AS lists USING (user_id)
ORDER BY u.user_id
