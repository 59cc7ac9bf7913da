-- Tells users of rewards that were paid, once the transfer is known: whichever of the two rows comes last. Of two writers
-- that do not see each other's row, one waits for the other to commit, and sees it then.
CREATE OR REPLACE FUNCTION backbeat.disburse_challenges() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    signatures text[];
BEGIN
    IF current_setting('backbeat.challenge_notifications', true) IS DISTINCT FROM 'off' THEN
        PERFORM pg_advisory_xact_lock(hashtextextended('backbeat.paid_challenges', 0));
        signatures := ARRAY(SELECT DISTINCT signature FROM new_rows);
        PERFORM backbeat.notify_disbursements(array_agg(
            ROW(
                paid.challenge_id, paid.specifier, paid.user_id, paid.amount, paid.slot, transfer.created_at
            )::backbeat.disbursement
        ))
        FROM challenge_disbursements AS paid
        JOIN reward_manager_txs AS transfer ON transfer.signature = paid.signature
        WHERE paid.signature = ANY (signatures)
        HAVING count(*) > 0;
    END IF;
    RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER disburse_challenges AFTER INSERT ON challenge_disbursements
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION backbeat.disburse_challenges();

CREATE OR REPLACE TRIGGER disburse_transfers AFTER INSERT ON reward_manager_txs
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION backbeat.disburse_challenges();
