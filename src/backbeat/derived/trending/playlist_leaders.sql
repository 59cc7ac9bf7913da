-- A list is read anew if somebody in it changed, if a changed score reaches its last rank, or if it is not full.
WITH list AS MATERIALIZED (
    SELECT
        kind.name,
        kind.is_album,
        range.name AS time_range,
        %(keys)b::integer [] IS NULL
        OR stored.entries < %(ranks_max)s::integer
        OR stored.ids && %(keys)b::integer []
        OR EXISTS (
            SELECT FROM playlist_trending_scores AS changed
            WHERE
                changed.playlist_id = ANY (%(keys)b::integer []) AND changed.type = 'PLAYLISTS'
                AND changed.version = 'pnagD' AND changed.time_range = range.name AND changed.score >= last.score
        ) AS is_open
    FROM (VALUES ('playlists', false), ('albums', true)) AS kind (name, is_album)
    CROSS JOIN (VALUES ('week'), ('month'), ('year')) AS range (name)
    CROSS JOIN LATERAL (
        SELECT
            count(*) AS entries,
            array_agg(at.id ORDER BY at.rank) AS ids
        FROM backbeat.trending_leaders AS at
        WHERE at.kind = 'PLAYLISTS' AND at.list = kind.name AND at.time_range = range.name
    ) AS stored
    LEFT JOIN playlist_trending_scores AS last
        ON last.playlist_id = stored.ids[stored.entries] AND last.type = 'PLAYLISTS' AND last.version = 'pnagD'
        AND last.time_range = range.name
)
SELECT
    'PLAYLISTS' AS kind,
    list.name AS list,
    'pnagD' AS version,
    list.time_range,
    '' AS genre,
    leader.rank::smallint AS rank,
    leader.playlist_id AS id,
    before.rank AS previous_rank,
    (%(clock)s::timestamptz AT TIME ZONE 'UTC') AS since
FROM list
CROSS JOIN LATERAL (
    SELECT
        best.rank,
        best.playlist_id
    FROM backbeat.trending_playlists(list.time_range, list.is_album, %(ranks_max)s::integer) AS best
    WHERE list.is_open
    UNION ALL
    SELECT
        at.rank,
        at.id
    FROM backbeat.trending_leaders AS at
    WHERE at.kind = 'PLAYLISTS' AND at.list = list.name AND at.time_range = list.time_range AND NOT list.is_open
) AS leader
LEFT JOIN backbeat.trending_leaders AS before
    ON before.kind = 'PLAYLISTS' AND before.list = list.name AND before.time_range = list.time_range
    AND before.id = leader.playlist_id
