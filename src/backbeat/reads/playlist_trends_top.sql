-- A list with who made them, and where each entry came from if it is one that the leaderboard keeps.
SELECT
    listed.rank,
    listed.playlist_id,
    p.playlist_name AS name,
    coalesce(u.handle, '') AS owner,
    listed.score,
    kept.previous_rank,
    kept.since
FROM backbeat.trending_playlists(%(time_range)s::text, %(albums)s::boolean, %(limit)s::integer) AS listed
LEFT JOIN playlists AS p ON p.playlist_id = listed.playlist_id AND p.is_current
LEFT JOIN users AS u ON u.user_id = listed.owner_id AND u.is_current
LEFT JOIN backbeat.trending_leaders AS kept
    ON kept.kind = 'PLAYLISTS' AND kept.list = CASE WHEN %(albums)s::boolean THEN 'albums' ELSE 'playlists' END
    AND kept.version = backbeat.trending_version() AND kept.time_range = %(time_range)s::text AND kept.genre = ''
    AND kept.rank = listed.rank AND kept.id = listed.playlist_id
ORDER BY listed.rank
