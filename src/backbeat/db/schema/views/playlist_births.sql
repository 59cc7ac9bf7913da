-- The instants that a playlist's age counts from: its making, and a release after that; and the time of day of each.
CREATE OR REPLACE VIEW backbeat.playlist_births AS
SELECT playlist_id, created_at AS born_at, created_at::time AS born_time
FROM playlists
WHERE is_current
UNION ALL
SELECT playlist_id, release_date, release_date::time
FROM playlists
WHERE is_current AND release_date > created_at;
