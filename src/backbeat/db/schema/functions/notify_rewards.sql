-- Rewards that can be claimed at once. Which day of a streak a row of `e` is for is told by what writes it, in
-- backbeat.listen_streaks by specifier; of a row that another program writes it is the day at which the streak stands.
CREATE OR REPLACE FUNCTION backbeat.notify_rewards(completed user_challenges[]) RETURNS void
LANGUAGE sql SET search_path = pg_catalog, public, pg_temp AS $$
    INSERT INTO notification (user_ids, type, group_id, specifier, blocknumber, "timestamp", data)
    SELECT
        ARRAY[c.user_id],
        kind.type,
        format('%s:%s:challenge:%s:specifier:%s', kind.type, c.user_id, c.challenge_id, c.specifier),
        kind.specifier,
        c.completed_blocknumber,
        c.completed_at,
        kind.data
    FROM unnest(completed) AS c
    JOIN challenges AS reward ON reward.id = c.challenge_id AND coalesce(reward.cooldown_days, 0) = 0
    CROSS JOIN LATERAL (
        VALUES
            (
                'claimable_reward',
                c.specifier,
                jsonb_build_object('specifier', c.specifier, 'challenge_id', c.challenge_id, 'amount', c.amount)
            ),
            (
                'challenge_reward',
                c.user_id::text,
                jsonb_build_object(
                    'specifier', c.specifier, 'challenge_id', c.challenge_id, 'amount', c.amount || '00000000'
                ) || CASE
                    WHEN c.challenge_id = 'e' THEN jsonb_build_object('listen_streak', coalesce(
                        (nullif(current_setting('backbeat.listen_streaks', true), '')::jsonb ->> c.specifier)::integer,
                        (SELECT streak.listen_streak FROM challenge_listen_streak AS streak WHERE streak.user_id = c.user_id),
                        0
                    ))
                    ELSE '{}'
                END
            )
    ) AS kind (type, specifier, data)
    WHERE kind.type <> 'claimable_reward' OR c.challenge_id NOT IN ('tt', 'tp', 'tut', 'dvl')
    ORDER BY 3, 4
    ON CONFLICT (group_id, specifier) DO NOTHING
$$;
