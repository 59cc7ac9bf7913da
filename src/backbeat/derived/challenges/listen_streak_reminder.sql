-- Who last moved a streak on between 43 and 42 hours ago: in five to six hours it breaks.
INSERT INTO notification (user_ids, type, group_id, specifier, "timestamp", data)
SELECT
    ARRAY[state.user_id],
    'listen_streak_reminder',
    named.group_id,
    state.user_id::text,
    %(now)s::timestamp,
    jsonb_build_object('streak', state.listen_streak)
FROM challenge_listen_streak AS state
CROSS JOIN LATERAL (
    SELECT 'listen_streak_reminder:' || state.user_id || to_char(state.last_listen_date, ':YYYY-MM-DD') AS group_id
) AS named
WHERE
    state.last_listen_date BETWEEN %(now)s::timestamp - interval '43 hours' AND %(now)s::timestamp - interval '42 hours'
    AND NOT EXISTS (
        SELECT FROM notification AS sent WHERE sent.group_id = named.group_id AND sent.specifier = state.user_id::text
    )
ORDER BY named.group_id
LIMIT %(rows_max)s
ON CONFLICT (group_id, specifier) DO NOTHING
