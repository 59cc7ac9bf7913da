-- What is told once an hour is told once by several jobs too: each looks only once the others have committed. The lock is
-- one for everybody: locks by user would be as many as a backfill has earners, and be taken crosswise.

CREATE OR REPLACE FUNCTION backbeat.set_off(completed user_challenges[], are_new boolean) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, public AS $$
DECLARE
    told user_challenges[];
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('backbeat.completed_challenges', 0));
    told := ARRAY(
        SELECT one
        FROM unnest(completed) AS one
        WHERE NOT EXISTS (
            SELECT FROM backbeat.challenge_starts AS start
            WHERE start.challenge_id = one.challenge_id AND NOT start.notifies AND start.caught_up_at IS NULL
        )
    );
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

CREATE FUNCTION backbeat.notify_disbursements_alone(paid backbeat.disbursement[]) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, public AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('backbeat.paid_challenges', 0));
    PERFORM backbeat.notify_disbursements(paid);
END $$;

CREATE OR REPLACE FUNCTION backbeat.disburse_challenges() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public AS $$
BEGIN
    IF current_setting('backbeat.challenge_notifications', true) IS DISTINCT FROM 'off' THEN
        PERFORM backbeat.notify_disbursements_alone(array_agg(
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
CREATE OR REPLACE FUNCTION backbeat.disburse_rewards() RETURNS trigger
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
        PERFORM backbeat.notify_disbursements_alone(found);
    END IF;
    RETURN NULL;
END $$;
