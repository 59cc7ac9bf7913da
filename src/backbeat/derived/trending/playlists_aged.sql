-- Playlists on a day that their decay steps at, and on their release; a score of 0 stays so. Looking ends, and all are
-- meant, where a pass over everything costs less: REBUILD_SHARE.
WITH many AS (
    SELECT greatest(1000, least(reltuples * 0.1, %(keys_max)s::integer))::bigint AS births
    FROM pg_class
    WHERE oid = 'playlist_trending_scores'::regclass
),
due AS MATERIALIZED (
    SELECT birth.playlist_id
    FROM unnest(%(delays)b::bigint []) AS step (microseconds)
    CROSS JOIN LATERAL (
        SELECT at.playlist_id
        FROM backbeat.playlist_births AS at
        WHERE
            at.born_at > %(after)s::timestamptz - step.microseconds * interval '1 microsecond'
            AND at.born_at <= %(upto)s::timestamptz - step.microseconds * interval '1 microsecond'
        OFFSET 0 -- each delay is a range of an index, whatever else is asked
    ) AS birth
    LIMIT (SELECT births + 1 FROM many)
),
total AS (
    SELECT
        count(*) > (SELECT births FROM many) AS are_too_many,
        count(*) AS births
    FROM due
)
SELECT
    due.playlist_id AS key,
    count(*) AS rows
FROM due
CROSS JOIN total
WHERE
    NOT total.are_too_many
    AND (
        SELECT max(kept.score) > 0 FROM playlist_trending_scores AS kept
        WHERE kept.playlist_id = due.playlist_id AND kept.type = 'PLAYLISTS' AND kept.version = 'pnagD'
    )
GROUP BY due.playlist_id
UNION ALL
SELECT
    NULL,
    births
FROM total
WHERE are_too_many
