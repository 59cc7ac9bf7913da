-- inlined
CREATE OR REPLACE FUNCTION backbeat.is_underground_track(track public.tracks) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT track.is_current AND NOT track.is_delete AND NOT track.is_unlisted AND track.is_available
$$;

COMMENT ON FUNCTION backbeat.is_underground_track (public.tracks) IS
'What the underground lists ask of a track (domain: derived state, 2.6). Its artist must be small as well.';
