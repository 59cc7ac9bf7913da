-- Trending of playlists: docs/explanation/trending-playlists.md.

-- Saves and reposts of playlists as they leave the windows of a week, a month, a year.
CREATE INDEX reposts_of_playlists ON reposts (created_at) INCLUDE (repost_item_id)
    WHERE repost_type = 'playlist' AND is_current AND NOT is_delete;
CREATE INDEX saves_of_playlists ON saves (created_at) INCLUDE (save_item_id)
    WHERE save_type = 'playlist' AND is_current AND NOT is_delete;

CREATE VIEW backbeat.playlist_engagements AS
SELECT repost_item_id AS playlist_id, created_at
FROM reposts
WHERE repost_type = 'playlist' AND is_current AND NOT is_delete
UNION ALL
SELECT save_item_id, created_at
FROM saves
WHERE save_type = 'playlist' AND is_current AND NOT is_delete;

-- The instants that a playlist's age may count from: its making, and a release after that.
CREATE INDEX playlists_released ON playlists (release_date) INCLUDE (playlist_id)
    WHERE is_current AND release_date > created_at;

CREATE VIEW backbeat.playlist_births AS
SELECT playlist_id, created_at AS born_at
FROM playlists
WHERE is_current
UNION ALL
SELECT playlist_id, release_date
FROM playlists
WHERE is_current AND release_date > created_at;

SELECT backbeat.capture(
    'playlists',
    'trending_playlists',
    ARRAY['playlist_id'],
    ARRAY['playlist_owner_id', 'is_current', 'is_delete', 'is_private', 'playlist_contents', 'created_at', 'release_date']
);

-- As for tracks, lists are read by magnitude, which seldom changes.
ALTER TABLE playlist_trending_scores
ADD COLUMN magnitude smallint GENERATED ALWAYS AS (backbeat.magnitude(score)) STORED;
DROP INDEX playlist_trending_scores_week;
CREATE INDEX playlist_trending_scores_order ON playlist_trending_scores (
    version, time_range, magnitude DESC, playlist_id DESC
) WHERE type = 'PLAYLISTS';
