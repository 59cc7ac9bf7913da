WITH heard AS (
    SELECT
        user_id,
        count(*) AS plays,
        array_agg(created_at ORDER BY id) AS times
    FROM plays
    WHERE id > %(after)s AND id <= %(upto)s AND user_id IS NOT NULL
    GROUP BY user_id
)
SELECT
    heard.user_id,
    heard.plays,
    heard.times,
    state.last_listen_date,
    coalesce(state.listen_streak, 0) AS listen_streak,
    run.specifier AS run,
    run.created_at AT TIME ZONE 'UTC' AS run_began_at
FROM heard
LEFT JOIN challenge_listen_streak AS state ON state.user_id = heard.user_id
LEFT JOIN LATERAL (
    SELECT
        paid.specifier,
        paid.created_at
    FROM (
        -- by user, whatever statistics say of a challenge that nobody had when they were taken
        SELECT * FROM user_challenges AS earned WHERE earned.user_id = heard.user_id OFFSET 0
    ) AS paid
    WHERE paid.challenge_id = 'e' AND NOT paid.is_complete
    ORDER BY paid.created_at DESC, paid.specifier DESC
    LIMIT 1
) AS run ON true
ORDER BY heard.user_id
