-- inlined
CREATE OR REPLACE FUNCTION backbeat.hour_of(instant timestamp) RETURNS integer
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT floor(extract(EPOCH FROM instant) / 3600)::integer
$$;

COMMENT ON FUNCTION backbeat.hour_of (timestamp) IS
'The hour of a play, counted from 1970, as backbeat.listened_hours holds it.';
