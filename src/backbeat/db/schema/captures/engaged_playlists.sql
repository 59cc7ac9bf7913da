-- Playlists whose engagement changed, as triggers/log_saves and log_reposts log it; and what is done to their counts by
-- hand. Counts that triggers keep are told of by the tables that they count.
SELECT backbeat.capture(
    'aggregate_playlist', 'engaged_playlists', ARRAY['playlist_id'], ARRAY['repost_count', 'save_count'], ARRAY['UPDATE']
);
