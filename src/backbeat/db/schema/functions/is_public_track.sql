-- inlined
CREATE OR REPLACE FUNCTION backbeat.is_public_track(track public.tracks) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT track.is_current AND NOT track.is_delete AND NOT track.is_unlisted AND track.stem_of IS NULL
$$;

COMMENT ON FUNCTION backbeat.is_public_track (public.tracks) IS
'A public track: the current row, not deleted, not unlisted, not a stem. Only these have trending scores.';
