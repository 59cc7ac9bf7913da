-- Saves and reposts of playlists, with their instants.
CREATE OR REPLACE VIEW backbeat.playlist_engagements AS
SELECT repost_item_id AS playlist_id, created_at
FROM reposts
WHERE repost_type = 'playlist' AND is_current AND NOT is_delete
UNION ALL
SELECT save_item_id, created_at
FROM saves
WHERE save_type = 'playlist' AND is_current AND NOT is_delete;
