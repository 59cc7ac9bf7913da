-- The week's scores of tracks by the formula that counts. Ordered by magnitude, score, id, an index helps.
CREATE OR REPLACE VIEW backbeat.week_track_scores AS
SELECT
    track_id,
    score,
    magnitude,
    created_at
FROM public.track_trending_scores
WHERE type = 'TRACKS' AND version = backbeat.trending_version() AND time_range = 'week';
