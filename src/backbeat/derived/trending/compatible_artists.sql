-- Which artists are not heard (domain: derived state 2.2).
SELECT
    user_id,
    follower_count < 3 AS is_muted
FROM aggregate_user
