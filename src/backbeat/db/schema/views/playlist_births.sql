-- The instants that a playlist's age counts from: its making, and a release after that.
CREATE OR REPLACE VIEW backbeat.playlist_births AS
SELECT playlist_id, created_at AS born_at
FROM playlists
WHERE is_current
UNION ALL
SELECT playlist_id, release_date
FROM playlists
WHERE is_current AND release_date > created_at;
