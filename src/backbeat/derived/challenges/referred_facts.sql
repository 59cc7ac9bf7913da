SELECT
    'came through' AS fact,
    came.referrer::text AS found,
    'a user' AS wanted,
    came.referrer IS NOT NULL AS holds
FROM user_events AS came
WHERE came.user_id = %(user_id)s::integer AND came.is_current
