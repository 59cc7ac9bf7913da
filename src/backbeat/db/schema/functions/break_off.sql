-- Raises an error of our own from within a statement, whose transaction is then not committed whatever is sent behind it.
CREATE OR REPLACE FUNCTION backbeat.break_off(reason text, state text) RETURNS bigint
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE EXCEPTION USING MESSAGE = reason, ERRCODE = state;
END $$;

COMMENT ON FUNCTION backbeat.break_off (text, text) IS
'Raise an error of our own with a state of class BB, so that the transaction cannot be committed.';
