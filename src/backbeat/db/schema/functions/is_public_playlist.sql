-- inlined
CREATE OR REPLACE FUNCTION backbeat.is_public_playlist(playlist public.playlists) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT playlist.is_current AND NOT playlist.is_delete AND NOT playlist.is_private
$$;

COMMENT ON FUNCTION backbeat.is_public_playlist (public.playlists) IS
'A public playlist or album: the current row, not deleted, not private.';
