-- The block loop dates no play further ahead of its block than "ahead_max"; one that another program wrote does not count,
-- and a streak that stands there would wait for ever, so it begins again.
WITH believed AS (
    SELECT
        timestamp '0001-01-01' AS earliest,
        block_time + %(ahead_max)s::interval AS latest
    FROM backbeat.frontier
),
heard AS (
    SELECT
        user_id,
        count(*) AS plays,
        coalesce(
            array_agg(created_at ORDER BY id) FILTER (WHERE created_at BETWEEN believed.earliest AND believed.latest),
            '{}'
        ) AS times
    FROM plays
    CROSS JOIN believed
    WHERE id > %(after)s AND id <= %(upto)s AND user_id IS NOT NULL
    GROUP BY user_id
)
SELECT
    heard.user_id,
    heard.plays,
    heard.times,
    CASE WHEN state.last_listen_date BETWEEN believed.earliest AND believed.latest THEN state.last_listen_date END
        AS last_listen_date,
    coalesce(state.listen_streak, 0) AS listen_streak,
    run.specifier AS run,
    run.created_at AT TIME ZONE 'UTC' AS run_began_at
FROM heard
CROSS JOIN believed
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
