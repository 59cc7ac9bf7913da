-- inlined
CREATE OR REPLACE FUNCTION backbeat.clock_position(name text, now timestamptz)
RETURNS TABLE (checkpoint text, known boolean, signature text, after timestamptz, frontier timestamptz)
LANGUAGE sql STABLE AS $$
    SELECT
        asked.checkpoint,
        kept.name IS NOT NULL,
        kept.signature,
        coalesce(kept.reached_at, to_timestamp(0)),
        greatest(kept.reached_at, coalesce(clock_position.now, statement_timestamp()))
    FROM (VALUES (clock_position.name)) AS asked (checkpoint)
    LEFT JOIN backbeat.clocks AS kept ON kept.name = asked.checkpoint
$$;

COMMENT ON FUNCTION backbeat.clock_position (text, timestamptz) IS
'A position in time, whether or not it is on record, and the instant up to which something may be due: now, or the
server''s time if that is NULL, but never before the position.';
