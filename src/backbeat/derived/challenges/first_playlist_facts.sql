SELECT
    'playlists with a track since the first block' AS fact,
    counted.playlists::text AS found,
    '1' AS wanted,
    counted.playlists > 0 AS holds
FROM challenges AS reward
CROSS JOIN LATERAL (
    SELECT count(*) AS playlists
    FROM playlists AS p
    WHERE
        p.playlist_owner_id = %(user_id)s::integer AND p.is_current AND NOT p.is_delete
        AND p.blocknumber >= coalesce(reward.starting_block, 0)
        AND jsonb_path_exists(p.playlist_contents, '$.track_ids[0]')
) AS counted
WHERE reward.id = 'fp'
