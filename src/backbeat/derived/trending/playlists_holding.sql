-- Playlists that hold an edited track, where a list shows them or could: whether they are listed hangs on what they hold.
WITH changed AS MATERIALIZED (
    SELECT DISTINCT key::integer AS track_id
    FROM backbeat.changed_keys(%(stream)s, %(after)s, %(upto)s) AS key
),
last AS MATERIALIZED (
    SELECT
        list.time_range,
        min(CASE WHEN list.entries < {ranks_max} THEN 0 ELSE coalesce(kept.score, 0) END) AS score
    FROM (
        SELECT
            range.time_range,
            kind.name AS kind,
            count(at.id) AS entries,
            (array_agg(at.id ORDER BY at.rank DESC))[1] AS id
        FROM (VALUES ('playlists'), ('albums')) AS kind (name)
        CROSS JOIN backbeat.playlist_ranges AS range
        LEFT JOIN backbeat.trending_leaders AS at
            ON at.kind = 'PLAYLISTS' AND at.list = kind.name AND at.version = backbeat.trending_version()
            AND at.time_range = range.time_range AND at.genre = ''
        GROUP BY range.time_range, kind.name
    ) AS list
    LEFT JOIN backbeat.playlist_scores() AS kept ON kept.playlist_id = list.id AND kept.time_range = list.time_range
    GROUP BY list.time_range
)
SELECT
    held.playlist_id AS key,
    count(*) AS rows
FROM changed
JOIN playlist_tracks AS held ON held.track_id = changed.track_id AND NOT held.is_removed
WHERE EXISTS (
    SELECT
    FROM last
    JOIN backbeat.playlist_scores() AS kept
        ON kept.playlist_id = held.playlist_id AND kept.time_range = last.time_range AND kept.score >= last.score
)
GROUP BY held.playlist_id
UNION ALL
SELECT
    NULL,
    1
FROM changed
WHERE track_id IS NULL
