CREATE OR REPLACE FUNCTION backbeat.epoch() RETURNS bigint
LANGUAGE sql STABLE AS $$
    SELECT system_identifier FROM pg_control_system()
$$;

COMMENT ON FUNCTION backbeat.epoch () IS
'Whose transaction ids these are: those of two clusters have nothing to do with each other.';
