-- inlined
-- The index tracks_lacking_analysis has the same condition.
CREATE OR REPLACE FUNCTION backbeat.lacks_analysis(track public.tracks) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT track.is_current
        AND (
            (track.musical_key IS NULL AND track.is_custom_musical_key IS NOT TRUE)
            OR (track.bpm IS NULL AND track.is_custom_bpm IS NOT TRUE)
        )
        AND track.audio_analysis_error_count < 3
        AND track.track_cid IS NOT NULL
        AND track.genre NOT IN ('Podcasts', 'Podcast', 'Audiobooks')
$$;

COMMENT ON FUNCTION backbeat.lacks_analysis (public.tracks) IS
'A track whose key or tempo a content node may still tell: one that is missing and not the artist''s own to say, of music
with audio, whose analysis failed less than three times. A track without a genre is none.';
