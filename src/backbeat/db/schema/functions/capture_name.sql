-- What the trigger function of a capture is called, and how its triggers' names begin.
CREATE OR REPLACE FUNCTION backbeat.capture_name(captured regclass, stream text) RETURNS text
LANGUAGE sql STABLE AS $$
    SELECT format('log_%s_%s_to_%s', relnamespace::regnamespace, relname, stream) FROM pg_class WHERE oid = captured
$$;
