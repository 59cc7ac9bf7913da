SELECT
    'the mobile app was used' AS fact,
    came.is_mobile_user::text AS found,
    'true' AS wanted,
    came.is_mobile_user AS holds
FROM user_events AS came
WHERE came.user_id = %(user_id)s::integer AND came.is_current
