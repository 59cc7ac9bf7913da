-- What is counted of some users, from the rows themselves.
SELECT
    asked.user_id,
    (
        SELECT count(*) FROM follows
        WHERE followee_user_id = asked.user_id AND is_current AND NOT is_delete
    ) AS follower_count,
    (
        SELECT count(*) FROM follows
        WHERE follower_user_id = asked.user_id AND is_current AND NOT is_delete
    ) AS following_count,
    (
        SELECT count(*) FROM reposts
        WHERE reposts.user_id = asked.user_id AND is_current AND NOT is_delete
    ) AS repost_count,
    (
        SELECT count(*) FROM saves
        WHERE saves.user_id = asked.user_id AND save_type = 'track' AND is_current AND NOT is_delete
    ) AS track_save_count,
    (
        SELECT count(*) FROM shares
        WHERE shares.user_id = asked.user_id AND share_type = 'track'
    ) AS track_share_count,
    owned_tracks.track_count,
    owned_tracks.total_track_count,
    owned_playlists.playlist_count,
    owned_playlists.album_count,
    owned_playlists.total_playlist_count,
    owned_playlists.total_album_count
FROM unnest(%(keys)b::int []) AS asked (user_id)
CROSS JOIN LATERAL (
    SELECT
        count(*) FILTER (WHERE NOT is_unlisted) AS track_count,
        count(*) AS total_track_count
    FROM tracks
    WHERE
        owner_id = asked.user_id
        AND backbeat.is_counted_track(is_current, is_delete, is_available, stem_of, access_authorities)
) AS owned_tracks
CROSS JOIN LATERAL (
    SELECT
        count(*) FILTER (WHERE NOT is_album AND NOT is_private) AS playlist_count,
        count(*) FILTER (WHERE is_album AND NOT is_private) AS album_count,
        count(*) FILTER (WHERE NOT is_album) AS total_playlist_count,
        count(*) FILTER (WHERE is_album) AS total_album_count
    FROM playlists
    WHERE playlist_owner_id = asked.user_id AND is_current AND NOT is_delete
) AS owned_playlists
