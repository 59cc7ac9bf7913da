SELECT count(*)
FROM users AS u
JOIN aggregate_user AS counts ON counts.user_id = u.user_id
WHERE
    u.is_current AND NOT u.is_deactivated AND u.is_available AND u.handle IS NOT NULL AND counts.follower_count >= 10
