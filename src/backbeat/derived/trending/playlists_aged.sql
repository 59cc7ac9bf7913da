-- Playlists on a day that their decay steps at, and on their release; a score of 0 stays so. Beyond a limit, all.
WITH due AS MATERIALIZED (
    SELECT
        birth.playlist_id,
        count(*) AS births
    FROM unnest(%(delays)b::bigint []) AS step (microseconds)
    CROSS JOIN LATERAL (
        SELECT at.playlist_id
        FROM backbeat.playlist_births AS at
        WHERE
            at.born_at > %(after)s::timestamptz - step.microseconds * interval '1 microsecond'
            AND at.born_at <= %(upto)s::timestamptz - step.microseconds * interval '1 microsecond'
        OFFSET 0 -- each delay is a range of an index, whatever else is asked
    ) AS birth
    WHERE (
        SELECT max(kept.score) > 0 FROM playlist_trending_scores AS kept
        WHERE kept.playlist_id = birth.playlist_id AND kept.type = 'PLAYLISTS' AND kept.version = 'pnagD'
    )
    GROUP BY birth.playlist_id
),
total AS (
    SELECT
        count(*) > %(keys_max)s::integer AS are_too_many,
        sum(births)::bigint AS births
    FROM due
)
SELECT
    due.playlist_id AS key,
    due.births AS rows
FROM due
CROSS JOIN total
WHERE NOT total.are_too_many
UNION ALL
SELECT
    NULL,
    births
FROM total
WHERE are_too_many
