CREATE OR REPLACE FUNCTION backbeat.release(captured regclass, stream text) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('DROP FUNCTION IF EXISTS backbeat.%I() CASCADE', backbeat.capture_name(captured, stream));
END
$$;

COMMENT ON FUNCTION backbeat.release (regclass, text) IS 'Stop logging a table to a stream.';
