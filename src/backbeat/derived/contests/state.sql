-- Who began first is told of first: what begins again and again, as those may to whom users rush, holds up no others.
SELECT
    EXISTS (SELECT FROM backbeat.contest_notices WHERE closes_at >= %(now)s) AS is_open,
    ARRAY(
        SELECT event_id
        FROM backbeat.contest_notices
        WHERE told_at IS NULL AND closes_at >= %(now)s
        ORDER BY begun_at, closes_at, event_id, type
        LIMIT %(notices_max)s
    ) AS untold
