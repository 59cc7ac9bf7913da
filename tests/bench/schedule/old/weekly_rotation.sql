INSERT INTO notification (specifier, group_id, type, "timestamp", data, user_ids)
SELECT
    user_id::text, format('weekly_rotation:%%s:%%s', to_char(%(now)s::timestamp - interval '2 days', 'IYYY-IW'), user_id),
    'weekly_rotation', %(now)s, '{}', ARRAY[user_id]
FROM users AS u
WHERE
    is_current AND NOT is_deactivated AND is_available AND handle IS NOT NULL AND user_id > 0
    AND EXISTS (
        SELECT FROM plays AS p
        WHERE
            p.user_id = u.user_id
            AND date_trunc('hour', p.created_at) >= date_trunc('hour', %(now)s::timestamp - interval '30 days')
    )
    AND NOT EXISTS (
        SELECT FROM notification AS told
        WHERE told.group_id = format(
            'weekly_rotation:%%s:%%s', to_char(%(now)s::timestamp - interval '2 days', 'IYYY-IW'), u.user_id
        )
    )
ORDER BY user_id
LIMIT 1000
ON CONFLICT (group_id, specifier) DO NOTHING
