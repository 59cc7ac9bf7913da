-- What is counted of some playlists and albums, from the rows themselves.
SELECT
    asked.playlist_id,
    (
        SELECT count(*) FROM reposts
        WHERE repost_item_id = asked.playlist_id AND repost_type <> 'track' AND is_current AND NOT is_delete
    ) AS repost_count,
    (
        SELECT count(*) FROM saves
        WHERE save_item_id = asked.playlist_id AND save_type <> 'track' AND is_current AND NOT is_delete
    ) AS save_count,
    (
        SELECT count(*) FROM shares
        WHERE share_item_id = asked.playlist_id AND share_type <> 'track'
    ) AS share_count
FROM unnest(%(keys)b::int []) AS asked (playlist_id)
