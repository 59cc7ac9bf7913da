SELECT
    'the user is verified' AS fact,
    coalesce(min(me.is_verified::text), 'unknown user') AS found,
    'true' AS wanted,
    coalesce(bool_or(me.is_verified), false) AS holds
FROM users AS me
WHERE me.user_id = %(user_id)s::integer AND me.is_current
