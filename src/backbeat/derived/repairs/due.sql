-- Tracks whose turn it is: first those that nobody was asked about, the newest first, then who waits longest; last those that
-- would wait for longer than any pause is, as a clock that was ahead put them off.
SELECT
    waiting.track_id,
    waiting.subject,
    waiting.attempts,
    left(t.audio_upload_id, %(characters_max)s) AS upload_id,
    left(t.track_cid, %(characters_max)s) AS cid
FROM (
    (
        SELECT track_id, subject, attempts, next_attempt_at, created_at
        FROM backbeat.track_repairs
        WHERE repair = %(repair)s AND next_attempt_at <= coalesce(%(now)s::timestamptz, statement_timestamp())
        ORDER BY next_attempt_at, created_at DESC, track_id DESC
        LIMIT %(tracks_max)s
    )
    UNION ALL
    (
        SELECT track_id, subject, attempts, next_attempt_at, created_at
        FROM backbeat.track_repairs
        WHERE
            repair = %(repair)s
            AND next_attempt_at > coalesce(%(now)s::timestamptz, statement_timestamp())
            + make_interval(secs => %(pause_seconds_max)s::double precision)
            AND next_attempt_at < 'infinity'
        ORDER BY next_attempt_at, created_at DESC, track_id DESC
        LIMIT %(tracks_max)s
    )
    LIMIT %(tracks_max)s
) AS waiting
LEFT JOIN tracks AS t ON t.track_id = waiting.track_id AND t.is_current
ORDER BY waiting.next_attempt_at, waiting.created_at DESC, waiting.track_id DESC
