CREATE OR REPLACE FUNCTION backbeat.log_keys(stream text, keys text[]) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    -- 200 keys keep a row clear of compression and of a second table
    INSERT INTO backbeat.changes (stream, keys)
    SELECT log_keys.stream, log_keys.keys[first:first + 199]
    FROM generate_series(1, cardinality(log_keys.keys), 200) AS first;
END
$$;

COMMENT ON FUNCTION backbeat.log_keys (text, text[]) IS
'Say that some keys of a stream changed, as triggers do; by hand after a repair that they could not see.';
