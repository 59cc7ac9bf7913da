-- A list is read again if an entry of it changed, if a changed score reaches its last rank, or if it is not full.
WITH list AS MATERIALIZED (
    SELECT
        kind.name,
        kind.is_album,
        range.time_range,
        %(keys)b::integer [] IS NULL
        OR stored.entries < %(ranks_max)s::integer
        OR stored.ids && %(keys)b::integer []
        OR EXISTS (
            SELECT FROM backbeat.playlist_scores() AS changed
            WHERE
                changed.playlist_id = ANY (%(keys)b::integer []) AND changed.time_range = range.time_range
                AND changed.score >= last.score
        ) AS is_open
    FROM (VALUES ('playlists', false), ('albums', true)) AS kind (name, is_album)
    CROSS JOIN backbeat.playlist_ranges AS range
    CROSS JOIN LATERAL (
        SELECT
            count(*) AS entries,
            array_agg(at.id ORDER BY at.rank) AS ids
        FROM backbeat.trending_leaders AS at
        WHERE at.kind = 'PLAYLISTS' AND at.list = kind.name AND at.time_range = range.time_range
    ) AS stored
    LEFT JOIN backbeat.playlist_scores() AS last
        ON last.playlist_id = stored.ids[stored.entries] AND last.time_range = range.time_range
)
SELECT
    'PLAYLISTS' AS kind,
    list.name AS list,
    backbeat.trending_version() AS version,
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
