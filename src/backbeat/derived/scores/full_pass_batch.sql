SELECT
    user_id,
    created_at::text
FROM users
WHERE
    backbeat.is_scored_user(users)
    AND (created_at, user_id) < (%(created_at)s::timestamp, %(user_id)s::integer)
ORDER BY created_at DESC, user_id DESC
LIMIT %(users_max)s::integer
