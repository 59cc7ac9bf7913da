-- Who last moved a streak on 42 hours before an instant of the window, and can still keep it.
WITH due AS MATERIALIZED (
    SELECT
        state.user_id,
        state.listen_streak,
        state.last_listen_date,
        'listen_streak_reminder:' || state.user_id || to_char(state.last_listen_date, ':YYYY-MM-DD') AS group_id
    FROM challenge_listen_streak AS state
    WHERE state.last_listen_date > %(after)s::timestamp AND state.last_listen_date <= %(upto)s::timestamp
),
sent AS (
    INSERT INTO notification (user_ids, type, group_id, specifier, "timestamp", data)
    SELECT
        ARRAY[due.user_id],
        'listen_streak_reminder',
        due.group_id,
        due.user_id::text,
        %(now)s::timestamp,
        jsonb_build_object('streak', due.listen_streak)
    FROM due
    WHERE
        due.last_listen_date > %(now)s::timestamp - %(broken)s::interval
        AND NOT EXISTS (
            SELECT FROM notification AS sent WHERE sent.group_id = due.group_id AND sent.specifier = due.user_id::text
        )
    ORDER BY due.group_id
    ON CONFLICT (group_id, specifier) DO NOTHING
    RETURNING id
)
SELECT
    (SELECT count(*) FROM due) AS due,
    (SELECT count(*) FROM sent) AS sent
