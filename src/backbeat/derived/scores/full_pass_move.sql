UPDATE backbeat.score_pass
SET created_at = %(created_at)s::timestamp, user_id = %(user_id)s
