CREATE OR REPLACE FUNCTION backbeat.version_of_tracks(told public.tracks, since_block integer, until_block integer)
RETURNS backbeat.past_tracks
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT
        CASE WHEN told.is_current THEN (
            told.track_id,
            since_block,
            until_block,
            told.owner_id,
            told.is_delete,
            told.is_unlisted,
            told.is_available,
            told.stem_of IS NOT NULL,
            told.is_stream_gated IS TRUE,
            CASE WHEN told.is_scheduled_release THEN told.release_date END,
            told.pinned_comment_id,
            backbeat.remix_parents(told.remix_of)
        )::backbeat.past_tracks END
$$;

COMMENT ON FUNCTION backbeat.version_of_tracks (public.tracks, integer, integer) IS
'What the history keeps of a row of tracks that held between two blocks; NULL of one that is not the current one.';
