CREATE OR REPLACE FUNCTION backbeat.version_of_playlists(told public.playlists, since_block integer, until_block integer)
RETURNS backbeat.past_playlists
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT
        CASE WHEN told.is_current THEN (
            told.playlist_id,
            since_block,
            until_block,
            told.playlist_owner_id,
            told.is_delete,
            told.is_private,
            told.is_album,
            backbeat.has_entries(told.playlist_contents, 1)
        )::backbeat.past_playlists END
$$;

COMMENT ON FUNCTION backbeat.version_of_playlists (public.playlists, integer, integer) IS
'What the history keeps of a row of playlists that held between two blocks; NULL of one that is not the current one.';
