-- Playlists of which an act of engagement has left a window. Looking ends, and all are meant, where a pass over
-- everything costs less: REBUILD_SHARE.
WITH many AS (
    SELECT greatest(1000, least(reltuples * 0.1, %(keys_max)s::integer))::bigint AS acts
    FROM pg_class
    WHERE oid = 'playlist_trending_scores'::regclass
),
due AS MATERIALIZED (
    SELECT act.playlist_id
    FROM unnest(%(delays)b::bigint []) AS step (microseconds)
    CROSS JOIN LATERAL (
        SELECT at.playlist_id
        FROM backbeat.playlist_engagements AS at
        WHERE
            at.created_at > %(after)s::timestamptz - step.microseconds * interval '1 microsecond'
            AND at.created_at <= %(upto)s::timestamptz - step.microseconds * interval '1 microsecond'
        OFFSET 0 -- each delay is a range of an index, whatever else is asked
    ) AS act
    LIMIT (SELECT acts + 1 FROM many)
),
total AS (
    SELECT
        count(*) > (SELECT acts FROM many) AS are_too_many,
        count(*) AS acts
    FROM due
)
SELECT
    due.playlist_id AS key,
    count(*) AS rows
FROM due
CROSS JOIN total
WHERE NOT total.are_too_many
GROUP BY due.playlist_id
UNION ALL
SELECT
    NULL,
    acts
FROM total
WHERE are_too_many
