-- inlined
CREATE OR REPLACE FUNCTION backbeat.repair_subject(track public.tracks) RETURNS uuid
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT md5(coalesce(nullif(track.audio_upload_id, ''), track.track_cid))::uuid
$$;

COMMENT ON FUNCTION backbeat.repair_subject (public.tracks) IS
'What content nodes are asked about for a track, the upload or the CID, as the MD5 of its name: names may be long.';
