CREATE OR REPLACE FUNCTION backbeat.id_of(digits text) RETURNS integer
LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT AS $$
    SELECT CASE WHEN digits ~ '^(0|[1-9]\d{0,9})$' AND digits::bigint <= 2147483647 THEN digits::integer END
$$;

COMMENT ON FUNCTION backbeat.id_of (text) IS
'The id that decimal digits spell, as JSON and text write numbers: no sign, no leading zero. NULL if it is none.';
