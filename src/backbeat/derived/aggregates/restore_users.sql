-- Rows that triggers ensure and that are gone, with nothing counted yet.
INSERT INTO aggregate_user (user_id)
SELECT DISTINCT u.user_id
FROM users AS u
WHERE
    u.user_id = ANY (%(keys)b::int [])
    AND NOT EXISTS (SELECT FROM aggregate_user AS kept WHERE kept.user_id = u.user_id)
ORDER BY u.user_id
ON CONFLICT (user_id) DO NOTHING
RETURNING user_id
