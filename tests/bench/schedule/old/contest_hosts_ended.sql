WITH contest AS MATERIALIZED (
    SELECT e.event_id, e.user_id AS host_id, t.track_id, t.owner_id
    FROM events AS e
    JOIN tracks AS t ON t.track_id = e.entity_id AND t.is_current AND NOT t.is_delete AND NOT t.is_unlisted
    WHERE
        e.event_type = 'remix_contest' AND NOT e.is_deleted
        AND e.end_date BETWEEN %(now)s::timestamp - interval '24 hours' AND %(now)s
        AND NOT EXISTS (SELECT FROM notification AS told WHERE told.group_id = 'artist_remix_contest_ended:' || e.event_id)
)
INSERT INTO notification (specifier, group_id, type, "timestamp", data, user_ids)
SELECT
    fan.user_id::text, 'artist_remix_contest_ended:' || event_id, 'artist_remix_contest_ended', %(now)s,
    jsonb_build_object('entity_id', track_id, 'entity_user_id', owner_id), ARRAY[fan.user_id]
FROM contest
CROSS JOIN LATERAL (SELECT contest.host_id AS user_id) AS fan
ON CONFLICT (group_id, specifier) DO NOTHING
