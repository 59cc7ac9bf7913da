-- Hosts, and hosts who name a track of a changed user as a winner.
WITH changed AS (
    SELECT
        user_id,
        count(*) AS rows
    FROM backbeat.standing_changes
    WHERE blocknumber > %(after)s AND blocknumber <= %(upto)s
    GROUP BY user_id
),
concerned AS (
    SELECT
        contest.user_id,
        changed.rows
    FROM changed
    JOIN events AS contest ON contest.user_id = changed.user_id AND contest.event_type = 'remix_contest'
    UNION ALL
    SELECT
        contest.user_id,
        changed.rows
    FROM changed
    JOIN tracks AS t ON t.owner_id = changed.user_id AND t.is_current
    JOIN events AS contest
        ON contest.event_type = 'remix_contest'
        AND (
            contest.event_data -> 'winners' @> to_jsonb(t.track_id)
            OR contest.event_data -> 'winners' @> to_jsonb(t.track_id::text)
        )
)
SELECT
    user_id AS key,
    sum(rows)::bigint AS rows
FROM concerned
GROUP BY user_id
