-- The block loop dates no play further ahead of its block than "ahead_max"; one that another program wrote does not count,
-- and a streak that stands there would wait for ever, so it begins again. A streak that another program kept began with its
-- unfinished row.
WITH played AS (
    SELECT
        play.*,
        span.block_number,
        play.created_at BETWEEN timestamp '0001-01-01' AND span.block_time + %(ahead_max)s::interval AS is_believed
    FROM backbeat.play_spans(%(after)s, %(upto)s) AS span
    CROSS JOIN LATERAL (
        SELECT
            p.id,
            p.user_id,
            p.created_at
        FROM plays AS p
        WHERE p.id > span.first_after AND p.id <= span.last_play AND p.user_id IS NOT NULL
        OFFSET 0
    ) AS play
),
heard AS (
    SELECT
        user_id,
        count(*) AS plays,
        coalesce(array_agg(id ORDER BY id) FILTER (WHERE is_believed), '{}') AS ids,
        coalesce(array_agg(block_number ORDER BY id) FILTER (WHERE is_believed), '{}') AS blocks,
        coalesce(array_agg(created_at ORDER BY id) FILTER (WHERE is_believed), '{}') AS times
    FROM played
    GROUP BY user_id
)
SELECT
    heard.user_id,
    heard.plays,
    heard.ids,
    heard.blocks,
    heard.times,
    CASE
        WHEN
            state.last_listen_date
            BETWEEN timestamp '0001-01-01' AND (SELECT block_time FROM backbeat.frontier) + %(ahead_max)s::interval
            THEN state.last_listen_date
    END AS last_listen_date,
    coalesce(state.listen_streak, 0) AS listen_streak,
    coalesce(state.began_at, unfinished.created_at AT TIME ZONE 'UTC') AS began_at
FROM heard
LEFT JOIN challenge_listen_streak AS state ON state.user_id = heard.user_id
LEFT JOIN LATERAL (
    SELECT paid.created_at
    FROM (
        -- by user, whatever statistics say of a challenge that nobody had when they were taken
        SELECT * FROM user_challenges AS earned
        WHERE state.began_at IS NULL AND state.listen_streak > 0 AND earned.user_id = heard.user_id
        OFFSET 0
    ) AS paid
    WHERE paid.challenge_id = 'e' AND NOT paid.is_complete
    ORDER BY paid.created_at DESC, paid.specifier DESC
    LIMIT 1
) AS unfinished ON true
ORDER BY heard.user_id
