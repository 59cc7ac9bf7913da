-- Tells the next users of contests that were judged just now, in the order of their ids, and those who joined one while it
-- had the host and the track that it has. Who was told already takes no id, and counts as reached all the same.
WITH taken AS MATERIALIZED (
    SELECT
        untold.*,
        %(users_max)s::bigint / count(*) OVER () AS users_max
    FROM (
        SELECT event_id, type, host_id, track_id, after_user_id
        FROM backbeat.contest_notices
        WHERE told_at IS NULL AND closes_at >= %(now)s
            AND (%(events)b::integer [] IS NULL OR event_id = ANY (%(events)b::integer []))
        ORDER BY begun_at, closes_at, event_id, type
        LIMIT %(notices_max)s::bigint
    ) AS untold
),
reached AS MATERIALIZED (
    SELECT taken.event_id, taken.type, taken.host_id, taken.track_id, fan.user_id
    FROM taken
    CROSS JOIN LATERAL backbeat.contest_audience(
        taken.type, taken.event_id, taken.host_id, taken.track_id, taken.after_user_id, taken.users_max
    ) AS fan
),
moved AS (
    UPDATE backbeat.contest_notices AS kept
    SET
        after_user_id = coalesce(seen.last_user_id, kept.after_user_id),
        told_at = CASE WHEN coalesce(seen.users, 0) < taken.users_max THEN %(now)s::timestamp END
    FROM taken
    LEFT JOIN (
        SELECT event_id, type, max(user_id) AS last_user_id, count(*) AS users
        FROM reached
        GROUP BY event_id, type
    ) AS seen ON seen.event_id = taken.event_id AND seen.type = taken.type
    WHERE kept.event_id = taken.event_id AND kept.type = taken.type
),
told AS (
    INSERT INTO notification (user_ids, specifier, group_id, type, "timestamp", data)
    SELECT
        ARRAY[fan.user_id],
        fan.user_id::text,
        named.group_id,
        notified.type,
        %(now)s::timestamp,
        CASE
            WHEN notified.type = 'artist_remix_contest_ended' THEN jsonb_build_object('entity_id', notice.track_id)
            ELSE jsonb_build_object('entity_id', notice.track_id, 'entity_user_id', notice.owner_id)
        END
    FROM (
        SELECT event_id, type AS kind, host_id, track_id, user_id FROM reached
        UNION
        SELECT event_id, type, host_id, track_id, user_id
        FROM unnest(
            %(joined_events)b::integer [], %(joined_types)b::text [], %(joined_hosts)b::integer [],
            %(joined_tracks)b::integer [], %(joined_users)b::integer []
        ) AS joined (event_id, type, host_id, track_id, user_id)
    ) AS fan
    INNER JOIN backbeat.contest_notices AS notice
        ON notice.event_id = fan.event_id AND notice.type = fan.kind
        AND notice.host_id = fan.host_id AND notice.track_id = fan.track_id
    INNER JOIN (
        VALUES
        (1, 'fan_remix_contest_ended'),
        (2, 'fan_remix_contest_ending_soon'),
        (3, 'artist_remix_contest_ended'),
        (4, 'artist_remix_contest_ending_soon')
    ) AS notified (step, type) ON notified.type = fan.kind
    CROSS JOIN LATERAL (SELECT format('%%s:%%s', notified.type, fan.event_id) AS group_id) AS named
    LEFT JOIN notification AS already ON already.group_id = named.group_id AND already.specifier = fan.user_id::text
    WHERE already.id IS NULL
    ORDER BY notified.step, fan.event_id, fan.user_id
    ON CONFLICT (group_id, specifier) DO NOTHING
    RETURNING 1
)
SELECT
    (SELECT count(*) FROM reached) AS reached,
    (SELECT count(*) FROM told) AS told
