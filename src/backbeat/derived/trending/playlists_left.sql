-- Playlists of which an act of engagement has left a window; beyond a limit, all.
WITH due AS MATERIALIZED (
    SELECT
        act.playlist_id,
        count(*) AS acts
    FROM unnest(%(delays)b::bigint []) AS step (microseconds)
    CROSS JOIN LATERAL (
        SELECT at.playlist_id
        FROM backbeat.playlist_engagements AS at
        WHERE
            at.created_at > %(after)s::timestamptz - step.microseconds * interval '1 microsecond'
            AND at.created_at <= %(upto)s::timestamptz - step.microseconds * interval '1 microsecond'
        OFFSET 0 -- each delay is a range of an index, whatever else is asked
    ) AS act
    GROUP BY act.playlist_id
),
total AS (
    SELECT
        count(*) > %(keys_max)s::integer AS are_too_many,
        sum(acts)::bigint AS acts
    FROM due
)
SELECT
    due.playlist_id AS key,
    due.acts AS rows
FROM due
CROSS JOIN total
WHERE NOT total.are_too_many
UNION ALL
SELECT
    NULL,
    acts
FROM total
WHERE are_too_many
