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
    ARRAY[
        'playlist_owner_id', 'is_current', 'is_delete', 'is_private', 'is_album', 'playlist_contents', 'created_at',
        'release_date'
    ]
);

-- As for tracks, lists are read by magnitude, which seldom changes.
ALTER TABLE playlist_trending_scores
ADD COLUMN magnitude smallint GENERATED ALWAYS AS (backbeat.magnitude(score)) STORED;
DROP INDEX playlist_trending_scores_week;
CREATE INDEX playlist_trending_scores_order ON playlist_trending_scores (
    version, time_range, magnitude DESC, playlist_id DESC
) WHERE type = 'PLAYLISTS';

-- Reading

CREATE FUNCTION backbeat.is_listed(playlist_id integer, is_album boolean) RETURNS boolean
LANGUAGE sql STABLE AS $$
    SELECT EXISTS (
        SELECT FROM public.playlists AS p
        WHERE
            p.playlist_id = is_listed.playlist_id AND p.is_current AND NOT p.is_delete AND NOT p.is_private
            AND p.is_album = is_listed.is_album
    ) AND (
        SELECT count(*) >= least.tracks AND count(DISTINCT t.owner_id) >= least.tracks
        FROM (SELECT CASE WHEN is_listed.is_album THEN 1 ELSE 5 END AS tracks) AS least
        CROSS JOIN public.playlist_tracks AS held
        JOIN public.tracks AS t ON t.track_id = held.track_id AND t.is_current AND NOT t.is_delete
        WHERE held.playlist_id = is_listed.playlist_id AND NOT held.is_removed
        GROUP BY least.tracks
    )
$$;

COMMENT ON FUNCTION backbeat.is_listed (integer, boolean) IS
'Public, of the wanted kind, and a playlist of five tracks or more by five artists or more, an album of one (2.6).';

-- Looks through the five thousand best, and then for whoever is missing through a thousand scores of 0, newest first.
CREATE FUNCTION backbeat.trending_playlists(time_range text, is_album boolean, ranks_max integer)
RETURNS TABLE (rank bigint, playlist_id integer, owner_id integer, score double precision)
LANGUAGE sql STABLE AS $$
    WITH best AS MATERIALIZED (
        SELECT ranked.*
        FROM (
            SELECT s.playlist_id, s.score, s.magnitude
            FROM public.playlist_trending_scores AS s
            WHERE
                s.type = 'PLAYLISTS' AND s.version = 'pnagD' AND s.time_range = trending_playlists.time_range
                AND s.magnitude > 0
            ORDER BY s.magnitude DESC, s.score DESC, s.playlist_id DESC
            LIMIT 5000
        ) AS ranked
        WHERE backbeat.is_listed(ranked.playlist_id, trending_playlists.is_album)
        ORDER BY ranked.magnitude DESC, ranked.score DESC, ranked.playlist_id DESC
        LIMIT ranks_max
    ), rest AS MATERIALIZED (
        SELECT ranked.*
        FROM (
            SELECT s.playlist_id, s.score, s.magnitude
            FROM public.playlist_trending_scores AS s
            WHERE
                s.type = 'PLAYLISTS' AND s.version = 'pnagD' AND s.time_range = trending_playlists.time_range
                AND s.magnitude = 0
            ORDER BY s.playlist_id DESC
            LIMIT 1000
        ) AS ranked
        WHERE backbeat.is_listed(ranked.playlist_id, trending_playlists.is_album)
        ORDER BY ranked.playlist_id DESC
        LIMIT (SELECT greatest(ranks_max - count(*), 0) FROM best)
    )
    SELECT
        row_number() OVER (ORDER BY listed.score DESC, listed.playlist_id DESC),
        listed.playlist_id,
        p.playlist_owner_id,
        listed.score
    FROM (SELECT * FROM best UNION ALL SELECT * FROM rest) AS listed
    JOIN public.playlists AS p ON p.playlist_id = listed.playlist_id AND p.is_current
    ORDER BY listed.score DESC, listed.playlist_id DESC
$$;

COMMENT ON FUNCTION backbeat.trending_playlists (text, boolean, integer) IS
'Playlists, or albums, by score, then id, both descending (domain: derived state, 2.6).';

-- The week's tracks that may be shown and rewarded, to be ordered by magnitude, score, id, which an index helps with.
CREATE OR REPLACE VIEW backbeat.trending_week_tracks AS
SELECT
    s.track_id,
    s.score,
    t.owner_id,
    t.is_available,
    s.magnitude
FROM public.track_trending_scores AS s
JOIN public.tracks AS t ON t.track_id = s.track_id AND t.is_current
WHERE
    s.type = 'TRACKS' AND s.version = 'pnagD' AND s.time_range = 'week'
    AND NOT t.is_delete AND NOT t.is_unlisted AND t.stem_of IS NULL AND t.is_stream_gated IS NOT TRUE;

-- Who was told of which trend last.
CREATE INDEX notification_trends ON notification (type, specifier, "timestamp" DESC)
    WHERE type IN ('trending', 'trending_underground', 'trending_playlist');
