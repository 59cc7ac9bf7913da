CREATE OR REPLACE FUNCTION backbeat.is_listed(playlist_id integer, is_album boolean) RETURNS boolean
LANGUAGE sql STABLE AS $$
    SELECT EXISTS (
        SELECT FROM public.playlists AS p
        WHERE
            p.playlist_id = is_listed.playlist_id AND backbeat.is_public_playlist(p)
            AND p.is_album = is_listed.is_album
    ) AND (
        SELECT count(*) >= least.tracks AND count(DISTINCT t.owner_id) >= least.tracks
        FROM (SELECT CASE WHEN is_listed.is_album THEN 1 ELSE 5 END AS tracks) AS least
        CROSS JOIN public.playlist_tracks AS held
        JOIN public.tracks AS t ON t.track_id = held.track_id AND t.is_current AND NOT t.is_delete
        WHERE held.playlist_id = is_listed.playlist_id AND NOT held.is_removed
        GROUP BY least.tracks
    )
$$;

COMMENT ON FUNCTION backbeat.is_listed (integer, boolean) IS
'Public, of the wanted kind, and a playlist of five tracks or more by five artists or more, an album of one (2.6).';
