-- Tells users of rewards that were paid, once the transfer is known.
CREATE OR REPLACE FUNCTION backbeat.disburse_challenges() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
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

CREATE OR REPLACE TRIGGER disburse_challenges AFTER INSERT ON challenge_disbursements
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION backbeat.disburse_challenges();
