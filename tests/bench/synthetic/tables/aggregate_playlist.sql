INSERT INTO aggregate_playlist (playlist_id, is_album, repost_count, save_count)
SELECT p.playlist_id, p.is_album, coalesce(reposted.n, 0), coalesce(saved.n, 0)
FROM playlists AS p
LEFT JOIN (
    SELECT repost_item_id AS playlist_id, count(*) AS n FROM reposts WHERE NOT is_delete AND repost_type <> 'track' GROUP BY 1
) AS reposted USING (playlist_id)
LEFT JOIN (
    SELECT save_item_id AS playlist_id, count(*) AS n FROM saves WHERE NOT is_delete AND save_type <> 'track' GROUP BY 1
) AS saved USING (playlist_id)
ORDER BY p.playlist_id
