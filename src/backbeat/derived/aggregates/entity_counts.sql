-- A track or playlist counts once for each current address that one of these users has for it. What an address leads to
-- is looked up by itself, so that an owner costs its addresses, whatever is known of the tables' sizes.
SELECT
    person.user_id,
    (
        SELECT count(*)::integer
        FROM track_routes AS route
        CROSS JOIN LATERAL (
            SELECT backbeat.is_public_track(track) AND track.is_available AS counts
            FROM tracks AS track
            WHERE track.track_id = route.track_id AND track.is_current
            OFFSET 0
        ) AS listed
        WHERE route.owner_id = person.user_id AND route.is_current AND listed.counts
    ) AS tracks,
    (
        SELECT count(*)::integer
        FROM playlist_routes AS route
        CROSS JOIN LATERAL (
            SELECT backbeat.is_public_playlist(playlist) AS counts
            FROM playlists AS playlist
            WHERE playlist.playlist_id = route.playlist_id AND playlist.is_current
            OFFSET 0
        ) AS listed
        WHERE route.owner_id = person.user_id AND route.is_current AND listed.counts
    ) AS playlists,
    (backbeat.is_active(person) AND person.is_available AND person.handle_lc IS NOT NULL)::integer::smallint AS users
FROM users AS person
JOIN aggregate_user AS counts ON counts.user_id = person.user_id
WHERE
    person.is_current AND backbeat.is_listed_owner(counts)
    AND (%(keys)b::int [] IS NULL OR person.user_id = ANY (%(keys)b::int []))
