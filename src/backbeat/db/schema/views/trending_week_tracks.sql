-- The week's tracks that may be shown and rewarded, to be ordered by magnitude, score, id, which an index helps with. Each
-- track is found by its id and judged afterwards, so that the ten best cost ten tracks, whatever is known of the tables.
CREATE OR REPLACE VIEW backbeat.trending_week_tracks AS
SELECT
    s.track_id,
    s.score,
    t.owner_id,
    t.is_available,
    s.magnitude
FROM backbeat.week_track_scores() AS s
CROSS JOIN LATERAL (
    SELECT
        track.owner_id,
        track.is_available,
        backbeat.is_public_track(track) AND track.is_stream_gated IS NOT TRUE AS is_shown
    FROM public.tracks AS track
    WHERE track.track_id = s.track_id AND track.is_current
    OFFSET 0
) AS t
WHERE t.is_shown;
