-- The streaks that some listeners' plays make.
SELECT
    user_id,
    last_listen_date,
    listen_streak,
    began_at
FROM unnest(%(users)s::integer [], %(dates)s::timestamp [], %(days)s::integer [], %(begins)s::timestamp [])
    AS made (user_id, last_listen_date, listen_streak, began_at)
