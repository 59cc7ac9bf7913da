-- Playlists for which a delay is over: an act has left a window, an age has grown into another step of the decay. Looking
-- ends, and all are meant, where a pass over everything costs less. An age alone leaves a score of 0 as it is.
WITH many AS (
    SELECT greatest(1000, least(reltuples * {share}, %(keys_max)s::integer))::bigint AS instants
    FROM pg_class
    WHERE oid = 'playlist_trending_scores'::regclass
),
due AS MATERIALIZED (
    SELECT passed.playlist_id
    FROM unnest(%(delays)b::bigint []) AS step (microseconds)
    CROSS JOIN LATERAL (
        SELECT at.playlist_id
        FROM {view} AS at
        WHERE
            at.{column} > %(after)s::timestamptz - step.microseconds * interval '1 microsecond'
            AND at.{column} <= %(upto)s::timestamptz - step.microseconds * interval '1 microsecond'
        OFFSET 0 -- each delay is a range of an index, whatever else is asked
    ) AS passed
    LIMIT (SELECT instants + 1 FROM many)
),
total AS (
    SELECT
        count(*) > (SELECT instants FROM many) AS are_too_many,
        count(*) AS instants
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
        {moves_zeros}
        OR (
            SELECT max(kept.score) > 0 FROM backbeat.playlist_scores() AS kept WHERE kept.playlist_id = due.playlist_id
        )
    )
GROUP BY due.playlist_id
UNION ALL
SELECT
    NULL,
    instants
FROM total
WHERE are_too_many
