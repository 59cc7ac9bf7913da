-- Users whose addresses in sitemaps may have changed, with what their row or a route says. Of tracks and playlists the
-- streams of what trends tell, and of followers the one of followings.
SELECT backbeat.capture(
    'users', 'listed_owners', ARRAY['user_id'], ARRAY['is_current', 'is_deactivated', 'is_available', 'handle_lc']
);

SELECT backbeat.capture('track_routes', 'listed_owners', ARRAY['owner_id'], ARRAY['track_id', 'is_current']);

SELECT backbeat.capture('playlist_routes', 'listed_owners', ARRAY['owner_id'], ARRAY['playlist_id', 'is_current']);
