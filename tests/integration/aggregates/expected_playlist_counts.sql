-- A playlist counts from when it is known, which includes what came before that.
SELECT id, counter, count(*) AS count
FROM (
    SELECT save_item_id AS id, 'save_count' AS counter
    FROM saves WHERE save_type <> 'track' AND is_current AND NOT is_delete
    UNION ALL
    SELECT repost_item_id, 'repost_count'
    FROM reposts WHERE repost_type <> 'track' AND is_current AND NOT is_delete
    UNION ALL
    SELECT share_item_id, 'share_count'
    FROM shares WHERE share_type <> 'track'
) AS engagement
WHERE id IN (SELECT playlist_id FROM playlists UNION SELECT playlist_id FROM aggregate_playlist)
GROUP BY 1, 2
UNION ALL
SELECT playlist_id, 'is_album', 1 FROM playlists WHERE is_album AND is_current
