-- Tells of paid rewards once the transactions before it have committed, so that what is told once an hour is told once.
CREATE OR REPLACE FUNCTION backbeat.notify_disbursements_alone(paid backbeat.disbursement[]) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('backbeat.paid_challenges', 0));
    PERFORM backbeat.notify_disbursements(paid);
END $$;
