-- Begins what may be told of some contests, or of all that end near enough where "events" is NULL, and takes back what may
-- not any more. What was begun goes on from where it is, unless it was closed meanwhile, is about another host or track, or
-- it begins once more, as those do that are named "again": who was told is found among the notifications then.
WITH open AS MATERIALIZED (
    SELECT
        contest.event_id,
        notice.type,
        contest.user_id AS host_id,
        track.track_id,
        track.owner_id,
        contest.end_date + notice.closes AS closes_at
    FROM events AS contest
    INNER JOIN tracks AS track ON track.track_id = contest.entity_id AND track.is_current
    CROSS JOIN unnest(
        %(types)b::text [], %(opens)b::interval [], %(closes)b::interval []
    ) AS notice (type, opens, closes)
    WHERE (%(events)b::integer [] IS NULL OR contest.event_id = ANY (%(events)b::integer []))
        AND contest.end_date BETWEEN %(ends_from)s AND %(ends_upto)s
        AND contest.event_type = 'remix_contest' AND contest.entity_type = 'track' AND contest.is_deleted IS NOT TRUE
        AND NOT track.is_delete AND NOT track.is_unlisted
        AND %(now)s::timestamp BETWEEN contest.end_date + notice.opens AND contest.end_date + notice.closes
),
judged AS MATERIALIZED (
    SELECT
        open.*,
        kept.event_id IS NOT NULL AND %(events)b::integer [] IS NOT NULL
        AND kept.event_id <> ALL (%(again)b::integer []) AS goes_on
    FROM open
    LEFT JOIN backbeat.contest_notices AS kept
        ON kept.event_id = open.event_id AND kept.type = open.type
        AND kept.host_id = open.host_id AND kept.track_id = open.track_id
        AND kept.closes_at >= %(now)s
),
taken_back AS (
    DELETE FROM backbeat.contest_notices AS kept
    WHERE (%(events)b::integer [] IS NULL OR kept.event_id = ANY (%(events)b::integer []))
        AND kept.closes_at >= %(now)s
        AND NOT EXISTS (SELECT FROM open WHERE open.event_id = kept.event_id AND open.type = kept.type)
),
moved AS (
    UPDATE backbeat.contest_notices AS kept
    SET owner_id = judged.owner_id, closes_at = judged.closes_at
    FROM judged
    WHERE judged.goes_on
        AND kept.event_id = judged.event_id AND kept.type = judged.type
        AND (kept.owner_id, kept.closes_at) <> (judged.owner_id, judged.closes_at)
)
INSERT INTO backbeat.contest_notices AS kept (event_id, type, host_id, track_id, owner_id, closes_at, begun_at)
SELECT event_id, type, host_id, track_id, owner_id, closes_at, %(now)s
FROM judged
WHERE NOT goes_on
ON CONFLICT (event_id, type) DO UPDATE
SET (host_id, track_id, owner_id, closes_at, after_user_id, begun_at, told_at) = (
    excluded.host_id, excluded.track_id, excluded.owner_id, excluded.closes_at,
    excluded.after_user_id, excluded.begun_at, excluded.told_at
)
