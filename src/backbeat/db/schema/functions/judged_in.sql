-- What lies before histories begin is judged as of where they do.
CREATE OR REPLACE FUNCTION backbeat.judged_in(instant timestamp) RETURNS integer
LANGUAGE sql STABLE AS $$
    SELECT greatest(backbeat.block_at(instant), backbeat.history_floor())
$$;

COMMENT ON FUNCTION backbeat.judged_in (timestamp) IS
'As of the end of which block an event of another chain is judged.';
