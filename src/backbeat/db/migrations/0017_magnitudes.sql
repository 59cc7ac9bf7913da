-- Magnitudes that scores leave less often: docs/decisions/0013-trending-tracks.md. The tables of scores are rewritten once.

DROP VIEW backbeat.trending_week_tracks;
ALTER TABLE track_trending_scores DROP COLUMN magnitude;
ALTER TABLE playlist_trending_scores DROP COLUMN magnitude;

-- Fine where lists are read, coarse below, and coarsest where age has taken nearly everything: there a single play is most of
-- a score.
CREATE OR REPLACE FUNCTION backbeat.magnitude(score double precision) RETURNS smallint
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE
        WHEN score >= 1 THEN 20 + floor((ln(1 + score) / ln(2::double precision)) ^ 2 / 16)
        WHEN score > 0 THEN greatest(20 + floor(ln(score) / ln(1024::double precision)), 1)
        ELSE 0
    END::smallint
$$;

COMMENT ON FUNCTION backbeat.magnitude (double precision) IS
'From a score of 1 on a sixteenth of the square of its binary logarithm, counted from 20; one step for each 1024th part below; 0 for a score of 0. Never falls as scores rise.';

ALTER TABLE track_trending_scores
ADD COLUMN magnitude smallint GENERATED ALWAYS AS (backbeat.magnitude(score)) STORED;
CREATE INDEX track_trending_scores_order ON track_trending_scores (
    version, time_range, magnitude DESC, track_id DESC
) WHERE type = 'TRACKS';
CREATE INDEX track_trending_scores_genre_order ON track_trending_scores (
    version, time_range, genre, magnitude DESC, track_id DESC
) WHERE type = 'TRACKS' AND genre IS NOT NULL;

ALTER TABLE playlist_trending_scores
ADD COLUMN magnitude smallint GENERATED ALWAYS AS (backbeat.magnitude(score)) STORED;
CREATE INDEX playlist_trending_scores_order ON playlist_trending_scores (
    version, time_range, magnitude DESC, playlist_id DESC
) WHERE type = 'PLAYLISTS';

-- As it was.
CREATE VIEW backbeat.trending_week_tracks AS
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
