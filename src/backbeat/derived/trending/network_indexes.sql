-- The network's own indexes on scores (domain: derived state 6), known by what they hold, whatever their names. Casts,
-- brackets and spaces are no difference: they hang on the types that an adopted database gave its columns.
WITH wanted (place, name, table_name, definition) AS (
    VALUES
    (1, 'track_trending_scores_by_genre', 'track_trending_scores', '(genre)'),
    (2, 'track_trending_scores_by_track', 'track_trending_scores', '(track_id)'),
    (
        3, 'track_trending_scores_by_genre_and_score', 'track_trending_scores',
        '(genre, time_range, score DESC, track_id)'
    ),
    (
        4, 'track_trending_scores_by_score', 'track_trending_scores',
        '(type, version, time_range, score DESC, track_id)'
    ),
    (
        5, 'track_trending_scores_by_score_and_track', 'track_trending_scores',
        '(type, version, time_range, score DESC, track_id DESC)'
    ),
    (
        6, 'track_trending_scores_of_week', 'track_trending_scores',
        '(score DESC, track_id) WHERE ((type = ''TRACKS'') AND (version = ''pnagD'') AND (time_range = ''week'')'
        ' AND ((genre IS NULL) OR (genre = '''')))'
    ),
    (
        7, 'track_trending_scores_of_week_and_track', 'track_trending_scores',
        '(score DESC, track_id DESC) WHERE ((type = ''TRACKS'') AND (version = ''pnagD'') AND (time_range = ''week'')'
        ' AND ((genre IS NULL) OR (genre = '''')))'
    ),
    (8, 'playlist_trending_scores_by_playlist', 'playlist_trending_scores', '(playlist_id)'),
    (
        9, 'playlist_trending_scores_by_score', 'playlist_trending_scores',
        '(type, version, time_range, score DESC, playlist_id DESC)'
    )
),
known AS (
    SELECT
        at.indexrelid,
        owner.relname AS table_name,
        index.relname AS name,
        schema.nspname AS schema_name,
        at.indisvalid AND at.indisready AS is_valid,
        EXISTS (
            SELECT FROM pg_stat_progress_create_index AS build WHERE build.index_relid = at.indexrelid
        ) AS is_building,
        regexp_replace(
            split_part(pg_get_indexdef(at.indexrelid), ' USING btree ', 2), '::text|::character varying|[()\s]', '', 'g'
        ) AS definition
    FROM pg_index AS at
    JOIN pg_class AS owner ON owner.oid = at.indrelid
    JOIN pg_class AS index ON index.oid = at.indexrelid
    JOIN pg_namespace AS schema ON schema.oid = index.relnamespace
    WHERE
        at.indrelid IN ('track_trending_scores'::regclass, 'playlist_trending_scores'::regclass)
        AND NOT at.indisunique
)
SELECT
    coalesce(found.name, wanted.name) AS name,
    wanted.table_name,
    wanted.definition,
    CASE
        WHEN found.indexrelid IS NULL THEN 'missing'
        WHEN found.is_valid THEN 'there'
        WHEN found.is_building THEN 'building'
        ELSE 'broken'
    END AS state,
    coalesce(pg_relation_size(found.indexrelid), 0) AS size_bytes,
    format('CREATE INDEX CONCURRENTLY %%I ON %%I %%s', wanted.name, wanted.table_name, wanted.definition) AS creation,
    format(
        'DROP INDEX CONCURRENTLY IF EXISTS %%I.%%I',
        coalesce(found.schema_name, 'public'), coalesce(found.name, wanted.name)
    ) AS removal
FROM wanted
LEFT JOIN LATERAL (
    SELECT *
    FROM known
    WHERE
        known.table_name = wanted.table_name
        AND known.definition = regexp_replace(wanted.definition, '[()\s]', '', 'g')
    ORDER BY known.is_valid DESC, known.is_building DESC
    LIMIT 1
) AS found ON true
ORDER BY wanted.place
