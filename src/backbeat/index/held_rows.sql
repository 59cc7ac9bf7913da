SELECT
    EXISTS (SELECT FROM backbeat.cursor) AS is_ours,
    EXISTS (SELECT FROM users) AS has_users,
    EXISTS (SELECT FROM plays) AS has_plays
