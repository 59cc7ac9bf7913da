INSERT INTO challenge_listen_streak AS kept (user_id, last_listen_date, listen_streak)
SELECT
    user_id,
    last_listen_date,
    listen_streak
FROM unnest(%(users)s::integer [], %(dates)s::timestamp [], %(days)s::integer [])
    AS fresh (user_id, last_listen_date, listen_streak)
ON CONFLICT (user_id) DO UPDATE
SET last_listen_date = excluded.last_listen_date, listen_streak = excluded.listen_streak
