-- inlined
-- The index tracks_lacking_cid has the same condition.
CREATE OR REPLACE FUNCTION backbeat.lacks_cid(track public.tracks) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT track.is_current AND NOT track.is_delete AND track.stem_of IS NULL
        AND track.track_cid IS NULL
        AND track.audio_upload_id <> ''
$$;

COMMENT ON FUNCTION backbeat.lacks_cid (public.tracks) IS
'A track whose CID content nodes may still tell: neither deleted nor a stem, with an upload and without a CID.';
