-- The week's tracks that may be shown and rewarded, to be ordered by magnitude, score, id, which an index helps with.
CREATE OR REPLACE VIEW backbeat.trending_week_tracks AS
SELECT
    s.track_id,
    s.score,
    t.owner_id,
    t.is_available,
    s.magnitude
FROM backbeat.week_track_scores() AS s
JOIN public.tracks AS t ON t.track_id = s.track_id AND backbeat.is_public_track(t)
WHERE t.is_stream_gated IS NOT TRUE;
