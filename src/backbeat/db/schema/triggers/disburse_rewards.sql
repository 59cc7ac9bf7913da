-- Tells users of rewards that were paid, and NOTIFY challenge_disbursed. The recipient is found by wallet; of several users
-- with one wallet an active one, the oldest.
CREATE OR REPLACE FUNCTION backbeat.disburse_rewards() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
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

CREATE OR REPLACE TRIGGER disburse_rewards AFTER INSERT ON sol_reward_disbursements
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION backbeat.disburse_rewards();
