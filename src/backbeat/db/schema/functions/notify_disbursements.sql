-- Tells users of rewards that were paid and that they were not told of since an hour before.
CREATE OR REPLACE FUNCTION backbeat.notify_disbursements(paid backbeat.disbursement[]) RETURNS void
LANGUAGE sql SET search_path = pg_catalog, public, pg_temp AS $$
    WITH RECURSIVE waiting AS MATERIALIZED (
        SELECT
            one.*,
            named.group_id,
            row_number() OVER (PARTITION BY one.user_id ORDER BY one.paid_at, one.challenge_id, one.specifier) AS place
        FROM unnest(paid) AS one
        CROSS JOIN LATERAL (
            SELECT format(
                'challenge_reward:%s:challenge:%s:specifier:%s', one.user_id, one.challenge_id, one.specifier
            ) AS group_id
        ) AS named
        WHERE
            one.challenge_id <> ALL (
                backbeat.reward_codes_among(ARRAY(SELECT other.challenge_id FROM unnest(paid) AS other))
            )
            AND NOT EXISTS (
                SELECT FROM notification AS known
                WHERE known.group_id = named.group_id AND known.specifier = one.user_id::text
            )
    ), heard AS (
        SELECT earner.user_id, 0::bigint AS place, (
            SELECT max(told."timestamp")
            FROM notification AS told
            WHERE told.type = 'challenge_reward' AND told.user_ids[1] = earner.user_id
        ) AS last_at
        FROM (SELECT DISTINCT user_id FROM waiting) AS earner
        UNION ALL
        SELECT heard.user_id, next.place, next.paid_at
        FROM heard
        CROSS JOIN LATERAL (
            SELECT waiting.place, waiting.paid_at
            FROM waiting
            WHERE
                waiting.user_id = heard.user_id AND waiting.place > heard.place
                AND (heard.last_at IS NULL OR waiting.paid_at - interval '1 hour' > heard.last_at)
            ORDER BY waiting.place
            LIMIT 1
        ) AS next
    )
    INSERT INTO notification (user_ids, type, group_id, specifier, slot, "timestamp", data)
    SELECT
        ARRAY[one.user_id],
        'challenge_reward',
        one.group_id,
        one.user_id::text,
        CASE WHEN one.slot <= 2147483647 THEN one.slot::integer END,
        one.paid_at,
        jsonb_build_object('specifier', one.specifier, 'challenge_id', one.challenge_id, 'amount', one.amount)
    FROM heard
    JOIN waiting AS one USING (user_id, place)
    ORDER BY 3, 4
    ON CONFLICT (group_id, specifier) DO NOTHING
$$;
