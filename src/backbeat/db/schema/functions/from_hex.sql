CREATE OR REPLACE FUNCTION backbeat.from_hex(digits text) RETURNS integer
LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT AS $$
    SELECT CASE
        WHEN digits ~ '^[0-9a-f]{1,8}$' THEN ('x' || lpad(digits, 8, '0'))::bit(32)::integer
    END
$$;

COMMENT ON FUNCTION backbeat.from_hex (text) IS 'The number that to_hex made a part of a specifier from, NULL if none.';
