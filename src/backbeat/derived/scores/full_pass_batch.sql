SELECT
    user_id,
    created_at::text
FROM users
WHERE
    is_current AND handle_lc IS NOT NULL
    AND (created_at, user_id) < (%(created_at)s::timestamp, %(user_id)s::integer)
ORDER BY created_at DESC, user_id DESC
LIMIT %(users_max)s::integer
