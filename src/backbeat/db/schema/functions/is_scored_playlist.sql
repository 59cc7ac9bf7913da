-- inlined
CREATE OR REPLACE FUNCTION backbeat.is_scored_playlist(playlist public.playlists) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT backbeat.is_public_playlist(playlist) AND backbeat.has_entries(playlist.playlist_contents, 3)
$$;

COMMENT ON FUNCTION backbeat.is_scored_playlist (public.playlists) IS
'A playlist or album that has trending scores: public, with three entries or more (domain: derived state, 2.3).';
