CREATE OR REPLACE FUNCTION backbeat.log_everything(stream text) RETURNS void
LANGUAGE sql AS $$
    INSERT INTO backbeat.changes (stream) VALUES (stream)
$$;

COMMENT ON FUNCTION backbeat.log_everything (text) IS
'Say that every key of a stream may have changed: its consumers recompute all.';
