INSERT INTO backbeat.score_pass (created_at, user_id)
VALUES ('infinity', 2147483647)
ON CONFLICT (singleton) DO NOTHING
