-- inlined
CREATE OR REPLACE FUNCTION backbeat.week_track_scores() RETURNS SETOF public.track_trending_scores
LANGUAGE sql STABLE AS $$
    SELECT *
    FROM public.track_trending_scores
    WHERE type = 'TRACKS' AND version = backbeat.trending_version() AND time_range = 'week'
$$;

COMMENT ON FUNCTION backbeat.week_track_scores () IS
'The week''s scores of tracks by the formula that counts. Ordered by magnitude, score, id, an index helps.';
