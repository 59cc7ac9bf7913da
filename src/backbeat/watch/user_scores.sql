SELECT user_id, score FROM aggregate_user
