-- What a transaction has to look at is found by its end in an index, however many equal titles an owner has, contests a
-- track had, or tracks a playlist lost.

CREATE INDEX track_routes_collision ON track_routes (owner_id, title_slug, collision_id);
DROP INDEX IF EXISTS track_routes_owner_id_title_slug;
CREATE INDEX playlist_routes_collision ON playlist_routes (owner_id, title_slug, collision_id);
DROP INDEX IF EXISTS playlist_routes_owner_id_title_slug;
CREATE INDEX track_routes_current ON track_routes (track_id) WHERE is_current;
CREATE INDEX playlist_routes_current ON playlist_routes (playlist_id) WHERE is_current;
CREATE INDEX playlist_tracks_present ON playlist_tracks (playlist_id, track_id) WHERE is_removed IS NOT TRUE;
CREATE INDEX events_open ON events (entity_id, event_type, end_date) WHERE is_deleted IS NOT TRUE;
