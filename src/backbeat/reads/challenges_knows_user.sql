SELECT
    EXISTS (SELECT FROM users WHERE user_id = %(user_id)s)
    OR EXISTS (SELECT FROM user_challenges WHERE user_id = %(user_id)s)
