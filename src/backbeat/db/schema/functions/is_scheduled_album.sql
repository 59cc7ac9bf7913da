-- inlined
CREATE OR REPLACE FUNCTION backbeat.is_scheduled_album(playlist public.playlists) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT playlist.is_scheduled_release AND playlist.is_private AND playlist.is_album
        AND playlist.is_current AND NOT playlist.is_delete
$$;

COMMENT ON FUNCTION backbeat.is_scheduled_album (public.playlists) IS
'An album that comes out by itself on its release date; other playlists never do (derived state, 4.5). The index
playlists_scheduled holds these.';
