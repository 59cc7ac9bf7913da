SELECT
    created_at::text,
    user_id
FROM backbeat.score_pass
FOR UPDATE
