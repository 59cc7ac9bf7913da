-- The week's tracks that may be shown and rewarded, to be ordered by magnitude, score, id, which an index helps with.
CREATE OR REPLACE VIEW backbeat.trending_week_tracks AS
SELECT
    s.track_id,
    s.score,
    t.owner_id,
    t.is_available,
    s.magnitude
FROM public.track_trending_scores AS s
JOIN public.tracks AS t ON t.track_id = s.track_id AND t.is_current
WHERE
    s.type = 'TRACKS' AND s.version = 'pnagD' AND s.time_range = 'week'
    AND NOT t.is_delete AND NOT t.is_unlisted AND t.stem_of IS NULL AND t.is_stream_gated IS NOT TRUE;
