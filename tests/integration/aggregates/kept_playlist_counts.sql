SELECT playlist_id AS id, counter, count
FROM aggregate_playlist
CROSS JOIN LATERAL (
    VALUES
        ('save_count', save_count),
        ('repost_count', repost_count),
        ('share_count', share_count),
        -- A playlist without a current row keeps the kind that it had.
        ('is_album', (is_album AND playlist_id IN (SELECT playlist_id FROM playlists WHERE is_current))::integer)
) AS kept (counter, count)
WHERE count <> 0
