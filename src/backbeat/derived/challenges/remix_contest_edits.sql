-- Hosts, and hosts who name an edited track, or one of an edited user, as a winner.
WITH edited AS MATERIALIZED (
    SELECT
        split_part(key, ':', 1) AS kind,
        split_part(key, ':', 2)::integer AS id
    FROM backbeat.changed_keys(%(stream)s, %(after)s, %(upto)s) AS key
    WHERE key IS NULL OR split_part(key, ':', 1) = ANY (%(kinds)b::text [])
),
won AS (
    SELECT id AS track_id FROM edited WHERE kind = 'track'
    UNION ALL
    SELECT t.track_id FROM edited JOIN tracks AS t ON t.owner_id = edited.id AND t.is_current WHERE edited.kind = 'user'
),
concerned AS (
    SELECT id AS host_id FROM edited WHERE kind IS NULL OR kind IN ('host', 'user')
    UNION ALL
    SELECT contest.user_id
    FROM won
    JOIN events AS contest
        ON contest.event_type = 'remix_contest'
        AND (
            contest.event_data -> 'winners' @> to_jsonb(won.track_id)
            OR contest.event_data -> 'winners' @> to_jsonb(won.track_id::text)
        )
)
SELECT
    host_id AS key,
    count(*) AS rows
FROM concerned
GROUP BY host_id
