-- inlined
CREATE OR REPLACE FUNCTION backbeat.is_scheduled_track(track public.tracks) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT track.is_scheduled_release AND track.is_unlisted AND track.is_current AND NOT track.is_delete
$$;

COMMENT ON FUNCTION backbeat.is_scheduled_track (public.tracks) IS
'A track that comes out by itself on its release date (derived state, 4.5). The index tracks_scheduled holds these.';
