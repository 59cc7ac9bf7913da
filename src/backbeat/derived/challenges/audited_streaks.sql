-- The streaks that some listeners' plays make.
SELECT
    user_id,
    last_listen_date,
    listen_streak
FROM unnest(%(users)s::integer [], %(dates)s::timestamp [], %(days)s::integer [])
    AS made (user_id, last_listen_date, listen_streak)
