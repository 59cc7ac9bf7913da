-- Who lacks nothing more waits no more; who was asked about in vain waits longer. A track that another worker settled, or
-- is about to, is left to it.
WITH asked AS (
    SELECT *
    FROM unnest(
        %(track_ids)s::integer [], %(subjects)s::uuid [], %(attempts)s::integer [],
        %(are_lacking)s::boolean [], %(pauses_seconds)s::double precision []
    ) AS track (track_id, subject, attempts, is_lacking, pause_seconds)
),
mine AS MATERIALIZED (
    SELECT
        waiting.track_id,
        waiting.subject,
        asked.is_lacking,
        asked.pause_seconds
    FROM backbeat.track_repairs AS waiting
    INNER JOIN asked USING (track_id, subject, attempts)
    WHERE waiting.repair = %(repair)s
    ORDER BY waiting.track_id
    FOR UPDATE OF waiting SKIP LOCKED
),
settled AS (
    DELETE FROM backbeat.track_repairs AS waiting
    USING mine
    WHERE
        waiting.repair = %(repair)s AND waiting.track_id = mine.track_id AND waiting.subject = mine.subject
        AND NOT mine.is_lacking
    RETURNING 1
),
postponed AS (
    UPDATE backbeat.track_repairs AS waiting
    SET
        attempts = waiting.attempts + 1,
        next_attempt_at = coalesce(%(now)s::timestamptz, statement_timestamp()) + make_interval(secs => mine.pause_seconds)
    FROM mine
    WHERE
        waiting.repair = %(repair)s AND waiting.track_id = mine.track_id AND waiting.subject = mine.subject
        AND mine.is_lacking
    RETURNING 1
)
SELECT
    (SELECT count(*) FROM settled) AS settled,
    (SELECT count(*) FROM postponed) AS postponed
