-- inlined
CREATE OR REPLACE FUNCTION backbeat.playlist_scores() RETURNS SETOF public.playlist_trending_scores
LANGUAGE sql STABLE AS $$
    SELECT *
    FROM public.playlist_trending_scores
    WHERE type = 'PLAYLISTS' AND version = backbeat.trending_version()
$$;

COMMENT ON FUNCTION backbeat.playlist_scores () IS 'The scores of playlists and albums by the formula that counts.';
