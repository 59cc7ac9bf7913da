WITH listener AS MATERIALIZED (
    SELECT u.user_id
    FROM users AS u
    CROSS JOIN LATERAL (
        SELECT
        FROM backbeat.listened_hours AS heard
        WHERE heard.user_id = u.user_id AND heard.hour >= backbeat.hour_of(%(since)s::timestamp)
        ORDER BY heard.hour DESC
        LIMIT 1
    ) AS heard
    WHERE
        u.user_id > %(after)s AND u.user_id <= %(upto)s
        AND backbeat.is_active(u) AND u.is_available AND u.handle IS NOT NULL
    ORDER BY u.user_id
    LIMIT %(rows_max)s
),
told AS (
    INSERT INTO notification (user_ids, type, group_id, specifier, "timestamp", data)
    SELECT
        ARRAY[listener.user_id],
        'weekly_rotation',
        format('weekly_rotation:%%s:%%s', %(key)s::text, listener.user_id),
        listener.user_id::text,
        %(now)s::timestamp,
        jsonb_build_object('year', %(year)s::integer, 'week', %(week)s::integer)
    FROM listener
    ORDER BY listener.user_id
    ON CONFLICT (group_id, specifier) DO NOTHING
    RETURNING 1
)
SELECT
    (SELECT count(*) FROM told) AS told,
    count(*) AS found,
    max(listener.user_id) AS last
FROM listener
