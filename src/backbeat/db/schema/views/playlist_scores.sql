-- The scores of playlists and albums by the formula that counts.
CREATE OR REPLACE VIEW backbeat.playlist_scores AS
SELECT
    playlist_id,
    time_range,
    score,
    magnitude,
    created_at
FROM public.playlist_trending_scores
WHERE type = 'PLAYLISTS' AND version = backbeat.trending_version();
