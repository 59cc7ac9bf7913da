SELECT
    'days of listening in a row' AS fact,
    coalesce(max(state.listen_streak), 0)::text AS found,
    '7' AS wanted,
    coalesce(max(state.listen_streak), 0) >= 7 AS holds
FROM challenge_listen_streak AS state
WHERE state.user_id = %(user_id)s::integer
