-- How challenges began here, whose standing changed, and what paying out sets off: docs/explanation/challenges.md.

-- What was decided when a challenge first ran here, and where the chain stood then. Until "caught_up_at" a backfill is
-- under way; one that does not notify is silent until then. The decision stands: a later setting changes nothing.
CREATE TABLE backbeat.challenge_starts (
    challenge_id text PRIMARY KEY,
    first_run text NOT NULL CHECK (first_run IN ('backfill', 'from_now')),
    notifies boolean NOT NULL,
    block_number bigint NOT NULL,
    play_id bigint NOT NULL,
    began_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    caught_up_at timestamptz
);

CREATE FUNCTION backbeat.began_from_now(challenge_id text) RETURNS timestamp
LANGUAGE sql STABLE AS $$
    SELECT start.began_at AT TIME ZONE 'UTC'
    FROM backbeat.challenge_starts AS start
    WHERE start.challenge_id = began_from_now.challenge_id AND start.first_run = 'from_now'
$$;

COMMENT ON FUNCTION backbeat.began_from_now (text) IS
'Since when a challenge that started from now counts what carries no block; NULL for one that counts everything.';

-- Whom it concerns: users who became verified or active, or ceased to be, with the block of the change. Most challenges
-- read nothing else of a user, and profiles are edited a thousand times as often.
CREATE TABLE backbeat.standing_changes (
    blocknumber integer NOT NULL,
    user_id integer NOT NULL,
    PRIMARY KEY (blocknumber, user_id)
);

CREATE FUNCTION backbeat.note_standing() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO backbeat.standing_changes (blocknumber, user_id)
        SELECT DISTINCT blocknumber, user_id
        FROM new_rows
        WHERE is_current AND (is_verified OR is_deactivated) AND blocknumber IS NOT NULL
        ON CONFLICT DO NOTHING;
    ELSE
        INSERT INTO backbeat.standing_changes (blocknumber, user_id)
        SELECT DISTINCT fresh.blocknumber, fresh.user_id
        FROM new_rows AS fresh
        JOIN old_rows AS before USING (user_id)
        WHERE
            fresh.blocknumber IS NOT NULL
            AND (fresh.is_current OR before.is_current)
            AND (fresh.is_current, fresh.is_verified, fresh.is_deactivated)
            IS DISTINCT FROM (before.is_current, before.is_verified, before.is_deactivated)
        ON CONFLICT DO NOTHING;
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER standing_inserted AFTER INSERT ON users
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION backbeat.note_standing();
CREATE TRIGGER standing_updated AFTER UPDATE ON users
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION backbeat.note_standing();

-- What challenges that run here already have not looked at yet.
INSERT INTO backbeat.standing_changes (blocknumber, user_id)
SELECT blocknumber, user_id
FROM users
WHERE
    is_current AND blocknumber > (
        SELECT min(last_checkpoint) FROM indexing_checkpoints WHERE tablename LIKE 'challenges:%:last\_user\_block'
    )
ON CONFLICT DO NOTHING;

-- Completion, as in 0010, but a thousand earners at a time, however many rows a backfill completes in one statement, and
-- without notifications for challenges that are being backfilled in silence.
CREATE FUNCTION backbeat.set_off(completed user_challenges[], are_new boolean) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, public AS $$
DECLARE
    told CONSTANT user_challenges[] := ARRAY(
        SELECT one
        FROM unnest(completed) AS one
        WHERE NOT EXISTS (
            SELECT FROM backbeat.challenge_starts AS start
            WHERE start.challenge_id = one.challenge_id AND NOT start.notifies AND start.caught_up_at IS NULL
        )
    );
BEGIN
    PERFORM backbeat.count_early_challenges(completed);
    IF current_setting('backbeat.challenge_notifications', true) IS NOT DISTINCT FROM 'off' OR told = '{}' THEN
        RETURN;
    END IF;
    PERFORM backbeat.notify_rewards(told);
    PERFORM backbeat.notify_cooldowns(told);
    IF are_new THEN
        PERFORM backbeat.notify_tastemakers(told);
        PERFORM backbeat.notify_trending(told);
    END IF;
END $$;

CREATE OR REPLACE FUNCTION backbeat.complete_challenges() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public AS $$
DECLARE
    completed user_challenges[];
BEGIN
    IF TG_OP = 'INSERT' THEN
        FOR completed IN
            SELECT array_agg(row)
            FROM (
                SELECT fresh AS row, (dense_rank() OVER (ORDER BY fresh.user_id) - 1) / 1000 AS part
                FROM new_rows AS fresh
                WHERE fresh.is_complete
            ) AS numbered
            GROUP BY part
            ORDER BY part
        LOOP
            PERFORM backbeat.set_off(completed, true);
        END LOOP;
    ELSE
        FOR completed IN
            SELECT array_agg(row)
            FROM (
                SELECT fresh AS row, (dense_rank() OVER (ORDER BY fresh.user_id) - 1) / 1000 AS part
                FROM new_rows AS fresh
                JOIN old_rows AS before USING (challenge_id, specifier)
                WHERE fresh.is_complete AND NOT before.is_complete
            ) AS numbered
            GROUP BY part
            ORDER BY part
        LOOP
            PERFORM backbeat.set_off(completed, false);
        END LOOP;
    END IF;
    RETURN NULL;
END $$;

-- Paying out: who was not told of a reward since an hour before it was paid is told then.

CREATE INDEX notification_reward_user_ids ON notification USING gin (user_ids) WHERE type = 'challenge_reward';

CREATE TYPE backbeat.disbursement AS (
    challenge_id text, specifier text, user_id integer, amount text, slot bigint, paid_at timestamp
);

-- An adopted database may have codes that stand for rewards of their own kind; nobody is told of those.
CREATE FUNCTION backbeat.reward_codes_among(ids text[]) RETURNS text[]
LANGUAGE plpgsql STABLE AS $$
DECLARE
    codes text[] := '{}';
BEGIN
    IF to_regclass('public.reward_codes') IS NOT NULL THEN
        EXECUTE 'SELECT array_agg(code::text) FROM public.reward_codes WHERE code = ANY ($1)' INTO codes USING ids;
    END IF;
    RETURN coalesce(codes, '{}');
END $$;

CREATE FUNCTION backbeat.notify_disbursements(paid backbeat.disbursement[]) RETURNS void
LANGUAGE sql SET search_path = pg_catalog, public AS $$
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
            WHERE told.type = 'challenge_reward' AND told.user_ids @> ARRAY[earner.user_id]
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

CREATE FUNCTION backbeat.disburse_challenges() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public AS $$
BEGIN
    IF current_setting('backbeat.challenge_notifications', true) IS DISTINCT FROM 'off' THEN
        PERFORM backbeat.notify_disbursements(array_agg(
            ROW(
                paid.challenge_id, paid.specifier, paid.user_id, paid.amount, paid.slot, transfer.created_at
            )::backbeat.disbursement
        ))
        FROM new_rows AS paid
        JOIN reward_manager_txs AS transfer ON transfer.signature = paid.signature
        HAVING count(*) > 0;
    END IF;
    RETURN NULL;
END $$;

-- The recipient is found by wallet; of several users with one wallet an active one, the oldest.
CREATE FUNCTION backbeat.disburse_rewards() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public AS $$
DECLARE
    found backbeat.disbursement[];
BEGIN
    IF current_setting('backbeat.challenge_notifications', true) IS NOT DISTINCT FROM 'off' THEN
        RETURN NULL;
    END IF;
    WITH recipient AS MATERIALIZED (
        SELECT DISTINCT ON (paid.signature, paid.instruction_index)
            paid.signature,
            ROW(
                paid.challenge_id, paid.specifier, u.user_id, paid.amount::text, paid.slot,
                coalesce(paid.created_at, now() AT TIME ZONE 'UTC')
            )::backbeat.disbursement AS disbursement
        FROM new_rows AS paid
        JOIN users AS u ON lower(u.wallet) = lower(paid.recipient_eth_address) AND u.is_current
        ORDER BY paid.signature, paid.instruction_index, u.is_deactivated, u.user_id
    ), announced AS MATERIALIZED (
        SELECT pg_notify('challenge_disbursed', jsonb_build_object(
            'user_id', (one.disbursement).user_id,
            'challenge_id', (one.disbursement).challenge_id,
            'specifier', (one.disbursement).specifier,
            'amount', (one.disbursement).amount,
            'signature', one.signature,
            'slot', (one.disbursement).slot
        )::text)
        FROM recipient AS one
    )
    SELECT array_agg(one.disbursement) INTO found
    FROM recipient AS one
    WHERE (SELECT count(*) FROM announced) > 0;
    IF found IS NOT NULL THEN
        PERFORM backbeat.notify_disbursements(found);
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER disburse_challenges AFTER INSERT ON challenge_disbursements
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION backbeat.disburse_challenges();
CREATE TRIGGER disburse_rewards AFTER INSERT ON sol_reward_disbursements
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION backbeat.disburse_rewards();

-- Whose streak is about to break is found by when it last moved.
CREATE INDEX challenge_listen_streak_last ON challenge_listen_streak (last_listen_date);
