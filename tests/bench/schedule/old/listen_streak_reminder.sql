INSERT INTO notification (specifier, group_id, type, "timestamp", data, user_ids)
SELECT
    due.user_id::text, due.group_id, 'listen_streak_reminder', %(now)s, jsonb_build_object('streak', due.listen_streak),
    ARRAY[due.user_id]
FROM (
    SELECT *, 'listen_streak_reminder:' || user_id || to_char(last_listen_date, ':YYYY-MM-DD') AS group_id
    FROM challenge_listen_streak
    WHERE last_listen_date BETWEEN %(now)s::timestamp - interval '43 hours' AND %(now)s::timestamp - interval '42 hours'
) AS due
WHERE NOT EXISTS (SELECT FROM notification AS told WHERE told.group_id = due.group_id)
ON CONFLICT (group_id, specifier) DO NOTHING
