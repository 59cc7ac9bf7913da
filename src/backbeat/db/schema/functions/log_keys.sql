CREATE OR REPLACE FUNCTION backbeat.log_keys(stream text, keys text[]) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    keys_max CONSTANT integer := 200; -- keep a row clear of compression and of a second table
BEGIN
    -- as a rule none or a few: triggers are called for statements that touch nothing, too
    IF cardinality(keys) BETWEEN 1 AND keys_max THEN
        INSERT INTO backbeat.changes (stream, keys) VALUES (log_keys.stream, log_keys.keys);
    ELSIF cardinality(keys) > keys_max THEN
        INSERT INTO backbeat.changes (stream, keys)
        SELECT log_keys.stream, log_keys.keys[first:first + keys_max - 1]
        FROM generate_series(1, cardinality(log_keys.keys), keys_max) AS first;
    END IF;
END
$$;

COMMENT ON FUNCTION backbeat.log_keys (text, text[]) IS
'Say that some keys of a stream changed, as triggers do; by hand after a repair that they could not see.';
