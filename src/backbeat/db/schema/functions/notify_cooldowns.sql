-- Rewards that must wait. A user hears of it once an hour: from the first completion that is more than an hour after
-- the last notification, then from the first that is more than an hour after that one.
CREATE OR REPLACE FUNCTION backbeat.notify_cooldowns(completed user_challenges[]) RETURNS void
LANGUAGE sql SET search_path = pg_catalog, public, pg_temp AS $$
    WITH RECURSIVE waiting AS MATERIALIZED (
        SELECT
            c.*,
            row_number() OVER (PARTITION BY c.user_id ORDER BY c.completed_at, c.challenge_id, c.specifier) AS place
        FROM unnest(completed) AS c
        JOIN challenges AS reward ON reward.id = c.challenge_id AND reward.cooldown_days > 0
        WHERE c.challenge_id NOT IN ('b', 's')
    ), heard AS (
        SELECT earner.user_id, 0::bigint AS place, (
            SELECT max(told."timestamp")
            FROM notification AS told
            WHERE told.type = 'reward_in_cooldown' AND told.user_ids[1] = earner.user_id
        ) AS last_at
        FROM (SELECT DISTINCT user_id FROM waiting) AS earner
        UNION ALL
        SELECT heard.user_id, next.place, next.completed_at
        FROM heard
        CROSS JOIN LATERAL (
            SELECT waiting.place, waiting.completed_at
            FROM waiting
            WHERE
                waiting.user_id = heard.user_id AND waiting.place > heard.place
                AND (heard.last_at IS NULL OR waiting.completed_at - interval '1 hour' > heard.last_at)
            ORDER BY waiting.place
            LIMIT 1
        ) AS next
    )
    INSERT INTO notification (user_ids, type, group_id, specifier, blocknumber, "timestamp", data)
    SELECT
        ARRAY[c.user_id],
        'reward_in_cooldown',
        format('reward_in_cooldown:%s:challenge:%s:specifier:%s', c.user_id, c.challenge_id, c.specifier),
        c.specifier,
        c.completed_blocknumber,
        c.completed_at,
        jsonb_build_object('specifier', c.specifier, 'challenge_id', c.challenge_id, 'amount', c.amount)
    FROM heard
    JOIN waiting AS c USING (user_id, place)
    ORDER BY 3, 4
    ON CONFLICT (group_id, specifier) DO NOTHING
$$;
