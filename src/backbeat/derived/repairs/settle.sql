-- Who lacks nothing more waits no more; who was asked about in vain waits longer. A track whose row is not as it was seen was
-- settled by another worker meanwhile. Two never settle one at once: the track itself is locked.
WITH asked AS (
    SELECT *
    FROM unnest(
        %(track_ids)s::integer [], %(subjects)s::uuid [], %(attempts)s::integer [],
        %(are_lacking)s::boolean [], %(pauses_seconds)s::double precision []
    ) AS track (track_id, subject, attempts, is_lacking, pause_seconds)
),
settled AS (
    DELETE FROM backbeat.track_repairs AS waiting
    USING asked
    WHERE
        waiting.repair = %(repair)s AND waiting.track_id = asked.track_id AND waiting.subject = asked.subject
        AND waiting.attempts = asked.attempts AND NOT asked.is_lacking
    RETURNING 1
),
postponed AS (
    UPDATE backbeat.track_repairs AS waiting
    SET
        attempts = waiting.attempts + 1,
        next_attempt_at
        = coalesce(%(now)s::timestamptz, statement_timestamp()) + make_interval(secs => asked.pause_seconds)
    FROM asked
    WHERE
        waiting.repair = %(repair)s AND waiting.track_id = asked.track_id AND waiting.subject = asked.subject
        AND waiting.attempts = asked.attempts AND asked.is_lacking
    RETURNING 1
)
SELECT
    (SELECT count(*) FROM settled) AS settled,
    (SELECT count(*) FROM postponed) AS postponed
