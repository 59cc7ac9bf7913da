-- With what notifications tell of the rows that are written next: which day of a streak each of them is for.
WITH told AS MATERIALIZED (
    SELECT set_config('backbeat.listen_streaks', %(told)s::text, true)
)
INSERT INTO challenge_listen_streak AS kept (user_id, last_listen_date, listen_streak, began_at)
SELECT
    fresh.user_id,
    fresh.last_listen_date,
    fresh.listen_streak,
    fresh.began_at
FROM told
CROSS JOIN unnest(
    %(users)s::integer [], %(dates)s::timestamp [], %(days)s::integer [], %(begins)s::timestamp []
) AS fresh (user_id, last_listen_date, listen_streak, began_at)
ON CONFLICT (user_id) DO UPDATE
SET
    last_listen_date = excluded.last_listen_date,
    listen_streak = excluded.listen_streak,
    began_at = excluded.began_at
