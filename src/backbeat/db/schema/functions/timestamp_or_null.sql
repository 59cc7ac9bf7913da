CREATE OR REPLACE FUNCTION backbeat.timestamp_or_null(value text) RETURNS timestamp
LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE AS $$
BEGIN
    IF value !~ '^\d{4,6}-' THEN
        RETURN NULL; -- not "now", not "infinity"
    END IF;
    RETURN value::timestamptz AT TIME ZONE 'UTC';
EXCEPTION WHEN data_exception THEN
    RETURN NULL;
END
$$;

COMMENT ON FUNCTION backbeat.timestamp_or_null (text) IS
'UTC of a timestamp with or without zone (the session is in UTC), NULL if it is none. Catching the error costs a
subtransaction, so callers try the usual form first.';
